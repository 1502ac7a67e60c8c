import { afterEach, describe, expect, test } from 'vitest';
import { bootRuntimeHost } from './runtime-host';

const runtime = bootRuntimeHost();
const sleeping = { process: { args: ['sleep', '1000'] } };

// Whatever a test did: no container, no cgroup, no mount of a container is left.
afterEach(async () => {
  const { host } = runtime;
  expect(await host.sh('hullrun list --quiet')).toBe('');
  expect(await host.sh('cat /proc/mounts | grep -c bundle- || true')).toBe('0');
  expect(
    await host.sh(
      'if [ -d /sys/fs/cgroup/hullrun ]; then find /sys/fs/cgroup/hullrun -mindepth 1 -type d; fi',
    ),
  ).toBe('');
});

test('create, start, kill, delete, and the states between', async () => {
  const { host } = runtime;
  const bundle = await host.bundle({ ...sleeping, annotations: { 'org.example.note': 'kept "as is"' } });
  const state = async () => JSON.parse((await host.hullrun('state', 'c')).stdout) as Record<string, unknown>;

  expect(await host.hullrun('create', '--bundle', bundle, '--pid-file', '/tmp/pid', 'c')).toMatchObject({
    code: 0,
    stderr: '',
  });
  const created = await state();
  expect(created).toMatchObject({
    id: 'c',
    status: 'created',
    bundle,
    annotations: { 'org.example.note': 'kept "as is"' },
  });
  expect(String(created['pid'])).toBe(await host.sh('cat /tmp/pid'));
  expect(await host.hullrun('create', '--bundle', bundle, 'c')).toMatchObject({
    code: 1,
    stderr: 'hullrun: a container named c exists; delete it first or take another name\n',
  });

  expect(await host.hullrun('start', 'c')).toMatchObject({ code: 0, stderr: '' });
  expect(await state()).toMatchObject({ status: 'running' });
  expect((await host.hullrun('start', 'c')).stderr).toBe(
    'hullrun: c is running; only a created container can be started\n',
  );
  expect(JSON.parse((await host.hullrun('ps', '--format', 'json', 'c')).stdout)).toEqual([created['pid']]);

  expect((await host.hullrun('pause', 'c')).code).toBe(0);
  expect(await state()).toMatchObject({ status: 'paused' });
  expect((await host.hullrun('exec', 'c', 'true')).stderr).toBe(
    'hullrun: c is paused; exec needs a running container\n',
  );
  expect((await host.hullrun('resume', 'c')).code).toBe(0);
  expect(await state()).toMatchObject({ status: 'running' });

  expect((await host.hullrun('delete', 'c')).stderr).toBe(
    'hullrun: c is running; kill it first or use --force\n',
  );
  expect((await host.hullrun('kill', '--all', 'c', 'KILL')).code).toBe(0);
  expect(await state()).toMatchObject({ status: 'stopped', pid: 0 });
  expect((await host.hullrun('delete', 'c')).code).toBe(0);
  expect((await host.hullrun('state', 'c')).stderr).toBe('hullrun: there is no container named c\n');
});

test('run ends with the status of the program', async () => {
  const { host } = runtime;
  expect(await host.runScript('echo out; echo err >&2; exit 7')).toEqual({
    code: 7,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(
    (await host.runScript('kill -9 $$; exec sleep 1000', { linux: { namespaces: withoutPid } })).code,
  ).toBe(137);
});

const withoutPid = ['mount', 'network', 'uts', 'ipc', 'cgroup'].map((type) => ({ type }));

test('what cannot run says why, in the words that engines look for', async () => {
  const { host } = runtime;
  const failure = async (args: string[]) =>
    (await host.hullrun('run', '--bundle', await host.bundle({ process: { args } }), 'f')).stderr;
  expect(await failure(['nonesuch'])).toBe(
    'hullrun: process.args[0]: "nonesuch": executable file not found in $PATH\n',
  );
  expect(await failure(['/nonesuch'])).toBe(
    'hullrun: process.args[0]: cannot run /nonesuch: No such file or directory\n',
  );
  expect(await failure(['/etc/passwd'])).toBe(
    'hullrun: process.args[0]: cannot run /etc/passwd: Permission denied\n',
  );
  expect(await failure(['/etc'])).toBe('hullrun: process.args[0]: /etc is a directory\n');
});

test('start tells why the program of a created container does not run', async () => {
  const { host } = runtime;
  const bundle = await host.bundle({ process: { args: ['/etc/passwd'] } });
  expect((await host.hullrun('create', '--bundle', bundle, 'c')).code).toBe(0);
  expect(await host.hullrun('start', 'c')).toMatchObject({
    code: 1,
    stderr: 'hullrun: process.args[0]: cannot run /etc/passwd: Permission denied\n',
  });
  expect((await host.hullrun('delete', 'c')).code).toBe(0);
});

test('exec runs beside the first process, as whom and where it is told', async () => {
  const { host } = runtime;
  await host.whileRunning('c', await host.bundle(sleeping), async () => {
    const id = await host.hullrun(
      'exec',
      '--user',
      '1000:1001',
      '--cwd',
      '/tmp',
      '--env',
      'A=b',
      'c',
      'sh',
      '-c',
      'id -u; id -g; pwd; echo $A; exit 3',
    );
    expect(id).toEqual({ code: 3, stdout: '1000\n1001\n/tmp\nb\n', stderr: '' });
    expect((await host.hullrun('exec', 'c', 'ps')).stdout).toMatch(/^ +1 .*sleep 1000$/m);
    const inside = (
      await host.hullrun(
        'exec',
        'c',
        'sh',
        '-c',
        'cd /proc/self/ns; for ns in cgroup ipc mnt net pid uts; do readlink $ns; done',
      )
    ).stdout;
    const first = await host.sh(
      `cd /proc/$(hullrun state c | sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')/ns; for ns in cgroup ipc mnt net pid uts; do readlink $ns; done`,
    );
    expect(inside.trim()).toBe(first);
    const limits = (await host.hullrun('exec', 'c', 'grep', '-E', '^(CapBnd|Seccomp):', '/proc/self/status'))
      .stdout;
    expect(limits).toBe('CapBnd:\t00000000a80425fb\nSeccomp:\t2\n');
    expect((await host.hullrun('exec', 'c', 'nonesuch')).stderr).toBe(
      'hullrun: process.args[0]: "nonesuch": executable file not found in $PATH\n',
    );
    expect((await host.hullrun('list')).stdout).toMatch(/^c +\d+ +running /m);
  });
});

test('a terminal: run relays one, with its size, and is the controlling one', async () => {
  const { host } = runtime;
  const bundle = await host.bundle({
    process: {
      terminal: true,
      args: ['sh', '-c', 'tty; stty size; echo x > /dev/tty; test /dev/console -ef /dev/pts/0; exit 5'],
    },
  });
  const pty = await host.guest.openPty({
    argv: ['hullrun', 'run', '--bundle', bundle, 't'],
    rows: 33,
    columns: 101,
  });
  let said = '';
  pty.onData((bytes) => (said += new TextDecoder().decode(bytes)));
  expect(await pty.exit).toEqual({ type: 'exited', code: 5 });
  expect(said).toBe('/dev/pts/0\r\n33 101\r\nx\r\n');
  pty.dispose();
});

describe('what machines read', () => {
  test('features names all that the configuration may say', async () => {
    const features = JSON.parse((await runtime.host.hullrun('features')).stdout) as {
      hooks: string[];
      linux: { namespaces: string[]; capabilities: string[]; cgroup: { v2: boolean } };
    };
    expect(features.hooks).toEqual([
      'prestart',
      'createRuntime',
      'createContainer',
      'startContainer',
      'poststart',
      'poststop',
    ]);
    expect(features.linux.namespaces).toEqual([
      'pid',
      'network',
      'mount',
      'ipc',
      'uts',
      'user',
      'cgroup',
      'time',
    ]);
    expect(features.linux.capabilities).toContain('CAP_SYS_ADMIN');
    expect(features.linux.cgroup.v2).toBe(true);
  });

  test('errors reach the log file that an engine reads', async () => {
    const { host } = runtime;
    expect((await host.hullrun('--log', '/tmp/log', '--log-format', 'json', 'state', 'none')).code).toBe(1);
    expect(JSON.parse(await host.sh('cat /tmp/log; rm /tmp/log'))).toMatchObject({
      level: 'error',
      msg: 'there is no container named none',
    });
  });
});
