import { expect, test } from 'vitest';
import { bootRuntimeHost } from './runtime-host';

// Images that try to reach the host. Each names the weakness of other runtimes that it repeats.
const runtime = bootRuntimeHost();
const sleeping = { process: { args: ['sleep', '1000'] } };

/** The default mounts and one more. */
async function withMount(mount: unknown): Promise<{ mounts: unknown[] }> {
  const spec = JSON.parse(
    await runtime.host.sh('rm -rf /tmp/s; mkdir /tmp/s; hullrun spec -b /tmp/s; cat /tmp/s/config.json'),
  ) as {
    mounts: unknown[];
  };
  return { mounts: [...spec.mounts, mount] };
}

/** The default mounts without some. */
async function withoutMounts(...destinations: string[]): Promise<{ mounts: unknown[] }> {
  const spec = JSON.parse(
    await runtime.host.sh('rm -rf /tmp/s; mkdir /tmp/s; hullrun spec -b /tmp/s; cat /tmp/s/config.json'),
  ) as {
    mounts: { destination: string }[];
  };
  return { mounts: spec.mounts.filter((mount) => !destinations.includes(mount.destination)) };
}

// CVE-2019-16884, CVE-2021-30465
test.each(['/outside', '../../../../../../outside', '/proc/1/root/outside'])(
  'a mount target that is a link to %s stays inside the root',
  async (target) => {
    const { host } = runtime;
    await host.sh('rm -rf /outside; mkdir /outside');
    const bundle = await host.bundle({
      ...(await withMount({
        destination: '/data/sub',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['size=64k'],
      })),
      process: { args: ['sh', '-c', 'echo inside > /data/sub/file; sleep 1000'] },
    });
    await host.sh(`ln -s ${target} ${bundle}/rootfs/data`);
    await host.hullrun('run', '--detach', '--bundle', bundle, 'm');
    await host.hullrun('delete', '--force', 'm');
    expect(await host.sh('ls -A /outside; grep -c outside /proc/mounts || true')).toBe('0');
  },
);

// CVE-2019-19921, CVE-2023-27561
test.each(['proc', 'sys'])('an image whose /%s is a link gets no mount there', async (name) => {
  const { host } = runtime;
  const bundle = await host.bundle({});
  await host.sh(
    `mkdir -p ${bundle}/rootfs/evil; rm -rf ${bundle}/rootfs/${name}; ln -s /evil ${bundle}/rootfs/${name}`,
  );
  const { code, stderr } = await host.hullrun('run', '--bundle', bundle, 'p');
  expect(code).toBe(1);
  expect(stderr).toContain(`(/${name}): destination: leads through a symbolic link of the image`);
});

test('nothing may be mounted inside /proc', async () => {
  const { host } = runtime;
  const bundle = await host.bundle(
    await withMount({ destination: '/proc/self/fdinfo', type: 'tmpfs', source: 'tmpfs' }),
  );
  expect((await host.hullrun('run', '--bundle', bundle, 'p')).stderr).toContain('destination: lies in /proc');
});

test('an image whose /dev is a link gets its devices inside the root', async () => {
  const { host } = runtime;
  await host.sh('rm -rf /outside; mkdir /outside');
  const bundle = await host.bundle({
    ...(await withoutMounts('/dev', '/dev/pts', '/dev/mqueue', '/dev/shm')),
    process: { args: ['test', '-c', '/outside/null'] },
  });
  await host.sh(`rm -rf ${bundle}/rootfs/dev; ln -s /outside ${bundle}/rootfs/dev`);
  expect(await host.hullrun('run', '--bundle', bundle, 'd')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await host.sh('ls -A /outside')).toBe('');
});

// CVE-2025-31133
test('a file in the place of /dev/null is no null device, and hides nothing', async () => {
  const { host } = runtime;
  const bundle = await host.bundle(await withoutMounts('/dev', '/dev/pts', '/dev/mqueue', '/dev/shm'));
  await host.sh(`mkdir -p ${bundle}/rootfs/dev; echo bait > ${bundle}/rootfs/dev/null`);
  expect((await host.hullrun('run', '--bundle', bundle, 'n')).stderr).toBe(
    'hullrun: cannot make the device /dev/null: File exists\n',
  );
});

test('masked paths read empty and read-only paths refuse, through links too', async () => {
  const { host } = runtime;
  const bundle = await host.bundle({
    linux: { maskedPaths: ['/proc/timer_list', '/hidden', '/link'], readonlyPaths: ['/proc/sys', '/kept'] },
    process: {
      args: [
        'sh',
        '-c',
        'cat /proc/timer_list; ls -A /hidden; cat /secret; touch /kept/file 2>&1; echo 1 2>&1 > /proc/sys/kernel/shmmni',
      ],
    },
  });
  await host.sh(
    `cd ${bundle}/rootfs; mkdir hidden kept; touch hidden/file; echo word > secret; ln -s /secret link`,
  );
  const { stdout } = await host.hullrun('run', '--bundle', bundle, 'h');
  expect(stdout).toBe(
    "touch: /kept/file: Read-only file system\nsh: can't create /proc/sys/kernel/shmmni: Read-only file system\n",
  );
  expect(await host.sh(`cat ${bundle}/rootfs/secret`)).toBe('word');
});

// CVE-2019-5736: the container runs the runtime's own program, so that /proc/1/exe is it.
test('the runtime cannot be overwritten from a container that runs it', async () => {
  const { host } = runtime;
  const before = await host.sh('sha256sum < /usr/bin/hullrun');
  const bundle = await host.bundle({ process: { args: ['/proc/self/exe', '--log=/fifo', 'list'] } });
  // It waits in opening its log for as long as nobody reads the fifo.
  await host.sh(`mkfifo ${bundle}/rootfs/fifo`);
  await host.whileRunning('x', bundle, async () => {
    expect((await host.hullrun('exec', 'x', 'sh', '-c', 'head -c 4 /proc/1/exe')).stdout).toBe('\x7fELF');
    const attempt = await host.hullrun('exec', 'x', 'sh', '-c', 'echo overwritten > /proc/1/exe');
    expect(attempt.stderr).toContain('Read-only file system');
    const reopened = await host.hullrun(
      'exec',
      'x',
      'sh',
      '-c',
      'exec 9</proc/1/exe; echo overwritten > /proc/self/fd/9',
    );
    expect(reopened.stderr).toContain('Read-only file system');
  });
  expect(await host.sh('sha256sum < /usr/bin/hullrun')).toBe(before);
});

test('no open file of the caller or of the runtime reaches the program', async () => {
  const { host } = runtime;
  const bundle = await host.bundle({ process: { args: ['ls', '/proc/self/fd'] } });
  const { stdout } = await host.run(
    'sh',
    '-c',
    `exec 5</etc 6</var 9</; hullrun run --trace /tmp/trace -b ${bundle} f`,
  );
  expect(stdout).toBe('0\n1\n2\n3\n'); // the last one is ls's own
});

// CVE-2024-21626
test('no working directory leads out through an open file', async () => {
  const { host } = runtime;
  for (let fd = 3; fd < 16; fd++) {
    const bundle = await host.bundle({
      process: { args: ['ls', '../../../../../var/lib/twinhull'], cwd: `/proc/self/fd/${fd}` },
    });
    const { code, stdout } = await host.run('sh', '-c', `exec 7</etc; hullrun run -b ${bundle} w`);
    expect({ fd, stdout, failed: code !== 0 }).toEqual({ fd, stdout: '', failed: true });
    await host.sh(`rm -rf ${bundle}`);
  }
});

test('exec does not follow a working directory that the container has turned into a trap', async () => {
  const { host } = runtime;
  const bundle = await host.bundle(sleeping);
  await host.whileRunning('w', bundle, async () => {
    for (let fd = 3; fd < 16; fd++) {
      await host.hullrun('exec', 'w', 'ln', '-sfn', `/proc/self/fd/${fd}`, '/trap');
      const { stdout } = await host.hullrun(
        'exec',
        '--cwd',
        '/trap',
        'w',
        'ls',
        '../../../../../var/lib/twinhull',
      );
      expect({ fd, stdout }).toEqual({ fd, stdout: '' });
    }
  });
});

// CVE-2025-52565
test('a link in the place of /dev/console does not get the terminal out', async () => {
  const { host } = runtime;
  const before = await host.sh('cat /etc/passwd');
  const bundle = await host.bundle({
    ...(await withoutMounts('/dev', '/dev/mqueue', '/dev/shm')),
    process: { terminal: true, args: ['sh', '-c', 'test -c /etc/passwd && echo stayed'] },
  });
  await host.sh(
    `cd ${bundle}/rootfs; mkdir -p dev/pts; cp etc/passwd p; mv p etc/passwd; ln -s /etc/passwd dev/console`,
  );
  const pty = await host.guest.openPty({
    argv: ['hullrun', 'run', '-b', bundle, 'c'],
    rows: 24,
    columns: 80,
  });
  let said = '';
  pty.onData((bytes) => (said += new TextDecoder().decode(bytes)));
  await pty.exit;
  expect(said).toBe('stayed\r\n');
  expect(await host.sh('cat /etc/passwd; grep -c passwd /proc/mounts || true')).toBe(`${before}\n0`);
  pty.dispose();
});

test('devices beyond the allowed ones cannot be opened, though they can be made', async () => {
  const { host } = runtime;
  const { stdout } = await host.runScript(
    'mknod /m c 1 11 && cat /m 2>&1; mknod /n c 1 5 && head -c 2 /n | wc -c',
  );
  expect(stdout).toBe("cat: can't open '/m': Operation not permitted\n2\n");
});

test('a container cannot pick its cgroup outside the tree, nor an inhabited one', async () => {
  const { host } = runtime;
  const failure = async (cgroupsPath: string) =>
    (await host.hullrun('run', '-b', await host.bundle({ linux: { cgroupsPath } }), 'g')).stderr;
  expect(await failure('/../../etc')).toBe(
    'hullrun: linux.cgroupsPath: expected a short path without ".."\n',
  );
  const bundle = await host.bundle({ ...sleeping, linux: { cgroupsPath: '/shared' } });
  await host.whileRunning('first', bundle, async () => {
    expect(await failure('/shared')).toBe('hullrun: linux.cgroupsPath: other processes live in /shared\n');
  });
});
