import { expect, test } from 'vitest';
import { bootRuntimeHost } from './runtime-host';

const runtime = bootRuntimeHost();

// What is wrong, and the one line that says so.
const malformed: [unknown, string][] = [
  [{ ociVersion: null }, 'ociVersion: is required and missing'],
  [{ ociVersion: '2.0' }, 'ociVersion: expected a version 1.x.y, found "2.0"'],
  [{ process: null }, 'process: is required and missing'],
  [{ process: { args: [] } }, 'process.args: must name the program to run'],
  [{ process: { args: ['sh', 3] } }, 'process.args[1]: expected a string, found a number'],
  [{ process: { cwd: 'tmp' } }, 'process.cwd: expected an absolute path, found "tmp"'],
  [
    { process: { user: { uid: -1 } } },
    'process.user.uid: expected an integer from 0 to 4294967294, found -1',
  ],
  [
    { process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 2, hard: 1 }] } },
    'process.rlimits[0].soft: is above hard',
  ],
  [
    { process: { capabilities: { bounding: ['CAP_CHOWN', 'CAP_FLY'] } } },
    'process.capabilities.bounding[1]: expected a capability such as CAP_CHOWN, found "CAP_FLY"',
  ],
  [
    { process: { apparmorProfile: 'x' } },
    'process.apparmorProfile: is not supported by this runtime; remove it',
  ],
  [{ root: { path: 7 } }, 'root.path: expected a string, found a number'],
  [{ root: null }, 'root: is required and missing'],
  [{ mounts: {} }, 'mounts: expected an array, found an object'],
  [{ mounts: [{ destination: 'x' }] }, 'mounts[0].destination: expected an absolute path, found "x"'],
  [
    { hooks: { poststop: [{ path: '/x', timeout: 0 }] } },
    'hooks.poststop[0].timeout: expected an integer from 1 to 86400, found 0',
  ],
  [
    { linux: { namespaces: [{ type: 'mount' }, { type: 'pidd' }] } },
    'linux.namespaces[1].type: expected one of pid, network, mount, ipc, uts, user, cgroup, time, found "pidd"',
  ],
  [
    { linux: { namespaces: [{ type: 'mount' }, { type: 'mount' }] } },
    'linux.namespaces[1]: repeats the kind of linux.namespaces[0]',
  ],
  [
    { linux: { namespaces: [{ type: 'mount' }] } },
    'hostname: needs a uts namespace in linux.namespaces, or it would rename the host',
  ],
  [
    { linux: { uidMappings: [{ containerID: 0, hostID: 0, size: 1 }] } },
    'linux.uidMappings: needs a new user namespace in linux.namespaces',
  ],
  [
    { linux: { sysctl: { 'kernel.panic': '1' } } },
    'linux.sysctl.kernel.panic: does not belong to a namespace of the container, and would change the host',
  ],
  [
    { linux: { resources: { devices: [{ allow: true, access: 'rx' }] } } },
    'linux.resources.devices[0].access: expected letters out of rwm, found "rx"',
  ],
  [
    { linux: { resources: { memory: { limit: 1048576, swap: 1 } } } },
    'linux.resources.memory.swap: counts memory and swap together: it needs a limit, and cannot be below it',
  ],
  [
    { linux: { resources: { unified: { '../cgroup.procs': '1' } } } },
    'linux.resources.unified.../cgroup.procs: is not the name of a cgroup file',
  ],
  [
    { linux: { seccomp: { syscalls: [{ names: ['read'], action: 'SCMP_ACT_ERRNO', errnoRet: 'EPERM' }] } } },
    'linux.seccomp.syscalls[0].errnoRet: expected an integer, found a string',
  ],
];

test('a malformed configuration gets one line that names the field, and leaves nothing', async () => {
  const { host } = runtime;
  for (const [changes, sentence] of malformed) {
    const bundle = await host.bundle(changes);
    expect(await host.hullrun('create', '-b', bundle, 'bad')).toEqual({
      code: 1,
      stdout: '',
      stderr: `hullrun: config.json: ${sentence}\n`,
    });
    await host.sh(`rm -r ${bundle}`);
  }
  expect(await host.sh('hullrun list -q')).toBe('');
});

test.each([
  ['{"a":', 'line 1, column 6: not valid JSON: parse error: premature EOF'],
  ['{"a":1,"a":2}', 'line 1, column 11: a name occurs twice in one object'],
  ['['.repeat(100), 'line 1, column 66: nested deeper than 64 levels'],
  ['"\\u0000"', 'line 1, column 9: a string holds the character U+0000'],
  ['', 'not valid JSON: parse error: premature EOF'],
])('%s is refused', async (text, sentence) => {
  const { host } = runtime;
  await host.sh('rm -rf /tmp/broken; mkdir /tmp/broken');
  await host.guest.writeFile('/tmp/broken/config.json', new TextEncoder().encode(text));
  const { code, stderr } = await host.hullrun('create', '-b', '/tmp/broken', 'bad');
  expect(code).toBe(1);
  expect(stderr).toContain(sentence);
  expect(stderr.split('\n')).toHaveLength(2);
});

test('what the configuration says is what the process has', async () => {
  const { host } = runtime;
  const { code, stdout, stderr } = await host.runScript(
    `id -u; id -g; id -G; umask; ulimit -n; hostname; pwd; echo $HOME; cat /proc/self/oom_score_adj
     grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status
     cat /proc/sys/kernel/shmmni; touch /x 2>&1; cd /sys/fs/cgroup; cat pids.max memory.max cpuset.cpus cpuset.mems; cd /tmp; mkdir d 2>&1`,
    {
      hostname: 'named',
      root: { path: 'rootfs', readonly: true },
      process: {
        user: { uid: 1000, gid: 1001, umask: 63, additionalGids: [5, 6] },
        cwd: '/tmp',
        oomScoreAdj: 321,
        noNewPrivileges: true,
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 88 }],
        capabilities: {
          bounding: ['CAP_CHOWN', 'CAP_KILL'],
          permitted: ['CAP_CHOWN', 'CAP_KILL'],
          effective: ['CAP_KILL'],
          inheritable: ['CAP_KILL'],
          ambient: ['CAP_KILL'],
        },
      },
      linux: {
        sysctl: { 'kernel.shmmni': '1234' },
        resources: {
          pids: { limit: 33 },
          memory: { limit: 33554432 },
          cpu: { cpus: '0', mems: '0' },
        },
        seccomp: {
          syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
          defaultAction: 'SCMP_ACT_ALLOW',
        },
      },
    },
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    ...['1000', '1001', '1001 5 6', '0077', '77', 'named', '/tmp', '/', '321'],
    ...['CapInh:\t0000000000000020', 'CapPrm:\t0000000000000020', 'CapEff:\t0000000000000020'],
    ...['CapBnd:\t0000000000000021', 'CapAmb:\t0000000000000020', 'NoNewPrivs:\t1', 'Seccomp:\t2', '1234'],
    ...['touch: /x: Read-only file system', '33', '33554432', '0', '0'],
    ...["mkdir: can't create directory 'd': No space left on device", ''],
  ]);
});

test('hooks run in order, each with the state; a late or failing one is named', async () => {
  const { host } = runtime;
  await host.sh(
    `rm -f /tmp/order; printf '#!/bin/sh\\necho $1 $(grep -o "creating\\\\|running\\\\|stopped") >> /tmp/order\\n' > /tmp/hook; chmod 755 /tmp/hook`,
  );
  const hook = (name: string) => [{ path: '/tmp/hook', args: ['hook', name], env: ['PATH=/bin'] }];
  const early = ['prestart', 'createRuntime', 'createContainer'];
  const hooks = Object.fromEntries([...early, 'poststart', 'poststop'].map((name) => [name, hook(name)]));
  expect(await host.runScript('true', { hooks })).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await host.sh('cat /tmp/order')).split('\n')).toEqual([
    'prestart creating',
    'createRuntime creating',
    'createContainer creating',
    'poststart running',
    'poststop stopped',
  ]);
  // The one that runs inside, as the container sees itself.
  const inside = { path: '/bin/sh', args: ['sh', '-c', 'hostname > /tmp/seen'], env: ['PATH=/bin'] };
  expect(
    await host.runScript('cat /tmp/seen', { hostname: 'within', hooks: { startContainer: [inside] } }),
  ).toEqual({ code: 0, stdout: 'within\n', stderr: '' });
  const failing = { hooks: { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'exit 3'] }] } };
  expect((await host.runScript('true', failing)).stderr).toBe(
    'hullrun: hooks.createRuntime[0] (/bin/sh): ended with status 3\n',
  );
  const late = { hooks: { createRuntime: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] } };
  expect((await host.runScript('true', late)).stderr).toBe(
    'hullrun: hooks.createRuntime[0] (/bin/sleep): killed after its timeout of 1 s\n',
  );
});

test('a user namespace maps ids, and namespaces can be joined by path', async () => {
  const { host } = runtime;
  const types = ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup', 'user'].map((type) => ({ type }));
  const map = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const mapped = await host.runScript('id -u; tr -s " " < /proc/self/uid_map; ls -n /dev/null | cut -c1-10', {
    linux: { namespaces: types, uidMappings: map, gidMappings: map },
  });
  expect(mapped).toEqual({ code: 0, stdout: '0\n 0 100000 65536\ncrw-rw-rw-\n', stderr: '' });

  await host.whileRunning('first', await host.bundle({ process: { args: ['sleep', '1000'] } }), async () => {
    const pid = (JSON.parse((await host.hullrun('state', 'first')).stdout) as { pid: number }).pid;
    const joined = ['pid', 'net', 'ipc', 'uts'].map((name) => ({
      type: name === 'net' ? 'network' : name,
      path: `/proc/${pid}/ns/${name}`,
    }));
    const { stdout } = await host.runScript('readlink /proc/self/ns/net; ps | grep -c "sleep 100[0]"', {
      linux: { namespaces: [{ type: 'mount' }, ...joined] },
    });
    expect(stdout).toBe(`${await host.sh(`readlink /proc/${pid}/ns/net`)}\n1\n`);
  });
});

test('a time namespace has clocks of its own', async () => {
  const { host } = runtime;
  const types = ['mount', 'pid', 'uts', 'time'].map((type) => ({ type }));
  const { code, stdout, stderr } = await host.runScript('cut -d. -f1 /proc/uptime', {
    linux: { namespaces: types, timeOffsets: { boottime: { secs: 1_000_000 } } },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(Number(stdout)).toBeGreaterThanOrEqual(1_000_000);
  expect(Number(await host.sh('cut -d. -f1 /proc/uptime'))).toBeLessThan(1_000_000);
});
