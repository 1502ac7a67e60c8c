import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, runtimes, startEngine, withoutDocker } from './engine-fixture';

// What containers may use, see and do, and how they are kept alive.
describe.skipIf(withoutDocker).each(runtimes)(
  `limits of containers, %s${withoutDocker ? `: ${withoutDocker}` : ''}`,
  (runtime) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startEngine(runtime);
    });
    afterAll(() => engine.dispose());
    const run = (options: string[], command: string) =>
      engine.docker('run', '--rm', ...options, 'busybox', 'sh', '-c', command);

    test.each([
      { option: '--memory=16m', file: 'memory.max', value: '16777216' },
      { option: '--memory-reservation=8m', file: 'memory.low', value: '8388608' },
      { option: '--pids-limit=20', file: 'pids.max', value: '20' },
      { option: '--cpus=0.5', file: 'cpu.max', value: '50000 100000' },
      { option: '--cpu-shares=512', file: 'cpu.weight', value: '20' },
    ])('$option is in the cgroup', async ({ option, file, value }) => {
      const ran = await run([option], `cat /sys/fs/cgroup/${file}`);
      expect(ran).toMatchObject({ code: 0, stdout: `${value}\n` });
    });

    test('a container that takes too much memory is ended, and that is told', async () => {
      await engine.docker(
        'run',
        '--name',
        'hungry',
        '-m',
        '8m',
        'busybox',
        'sh',
        '-c',
        'head -c 64m /dev/zero | tail',
      );
      const { stdout } = await engine.docker('inspect', '-f', '{{.State.OOMKilled}}', 'hungry');
      expect(stdout).toBe('true\n');
    });

    test('no more processes than allowed', async () => {
      const ran = await run(['--pids-limit=5'], 'for i in 1 2 3 4 5 6 7 8; do sleep 100 & done; true');
      expect(ran.stderr).toMatch(/fork: (Resource temporarily unavailable|retry)|can't fork/);
    });

    test.each([
      {
        name: '--read-only',
        options: ['--read-only'],
        command: 'echo x > /file',
        stderr: /Read-only file system/,
      },
      {
        name: '--cap-drop',
        options: ['--cap-drop=CHOWN'],
        command: 'chown 1 /tmp',
        stderr: /Operation not permitted/,
      },
      {
        name: 'the default capabilities',
        options: [],
        command: 'mount -t tmpfs t /tmp',
        stderr: /permission denied|not permitted/i,
      },
      { name: 'seccomp', options: [], command: 'unshare -U true', stderr: /Operation not permitted/ },
      {
        name: 'a user without rights',
        options: ['-u', '1000'],
        command: 'echo x > /etc/file',
        stderr: /Permission denied/,
      },
      {
        name: 'the read-only parts of /proc',
        options: [],
        command: 'echo 1 > /proc/sys/kernel/panic',
        stderr: /Read-only file system/,
      },
      {
        name: '--network none',
        options: ['--network=none'],
        command: 'ping -c 1 -W 1 172.17.0.1',
        stderr: /Network is unreachable/,
      },
      {
        name: 'a device that was not given',
        options: [],
        command: 'mknod /tmp/k c 1 11 && cat /tmp/k',
        stderr: /not permitted/i,
      },
      {
        name: 'a read-only volume',
        options: ['-v', 'fixed:/v:ro'],
        command: 'echo x > /v/x',
        stderr: /Read-only file system/,
      },
    ])('$name forbids', async ({ options, command, stderr }) => {
      const ran = await run(options, command);
      expect(ran.stderr).toMatch(stderr);
      expect(ran.code).not.toBe(0);
    });

    test.each([
      {
        name: '--tmpfs can be written in a read-only container',
        options: ['--read-only', '--tmpfs', '/t'],
        command: 'echo x > /t/x && cat /t/x',
        says: 'x',
      },
      {
        name: '--privileged',
        options: ['--privileged'],
        command: 'mount -t tmpfs t /mnt 2>/dev/null || mkdir /mnt && mount -t tmpfs t /mnt && echo yes',
        says: 'yes',
      },
      {
        name: '--cap-add',
        options: ['--cap-add=SYS_TIME'],
        command: 'grep CapEff /proc/self/status | cut -f2',
        says: '00000000aa0425fb',
      },
      {
        name: 'the default capabilities',
        options: [],
        command: 'grep CapEff /proc/self/status | cut -f2',
        says: '00000000a80425fb',
      },
      {
        name: 'no capabilities',
        options: ['--cap-drop=ALL'],
        command: 'grep CapEff /proc/self/status | cut -f2',
        says: '0000000000000000',
      },
      {
        name: 'seccomp=unconfined',
        options: ['--security-opt', 'seccomp=unconfined'],
        command: 'grep Seccomp: /proc/self/status | cut -f2',
        says: '0',
      },
      { name: 'the filter', options: [], command: 'grep Seccomp: /proc/self/status | cut -f2', says: '2' },
      {
        name: 'no-new-privileges',
        options: ['--security-opt', 'no-new-privileges'],
        command: 'grep NoNewPrivs /proc/self/status | cut -f2',
        says: '1',
      },
      { name: '--pid host', options: ['--pid=host'], command: 'cat /proc/1/comm', says: 'init' },
      { name: '--uts host', options: ['--uts=host'], command: 'hostname', says: 'host' },
      { name: 'its own processes', options: [], command: 'echo $$', says: '1' },
    ])('$name: $says', async ({ options, command, says }) => {
      expect(await run(options, command)).toEqual({ code: 0, stdout: `${says}\n`, stderr: '' });
    });

    describe('--init', () => {
      // Its parent ends before it does, so process 1 becomes its parent. It stays until the shell, which would wait for it, is none.
      const ends = 'until grep -qsx sleep /proc/[0-9]*/comm; do usleep 10000; done';
      const orphan = `(sh -c 'echo $$ > /orphan; ${ends}' &); exec sleep 4321`;
      const state = "sed 's/.*) //; s/ .*//' /proc/$(cat /orphan)/stat 2>/dev/null || echo gone";

      test.each([
        { options: ['--init'], first: 'docker-init', becomes: 'gone' },
        { options: [], first: 'sleep', becomes: 'Z' },
      ])('with $options process 1 is $first, and an orphan that ends is $becomes', async (given) => {
        const name = `orphans-${given.options.length}`;
        await engine.tell('run', '-d', '--name', name, ...given.options, 'busybox', 'sh', '-c', orphan);
        const until = `until [ -s /orphan ] && [ "$(${state})" = ${given.becomes} ]; do usleep 10000; done`;
        expect(await engine.tell('exec', name, 'sh', '-c', `${until}; cat /proc/1/comm`)).toBe(given.first);
      });

      test('signals reach the program, and its end is the container’s', async () => {
        const heeds = 'trap "exit 9" TERM; echo up; while :; do usleep 20000; done';
        const client = engine.follow(
          'run',
          '--rm',
          '--init',
          '--name',
          'heeds-init',
          'busybox',
          'sh',
          '-c',
          heeds,
        );
        await client.until(/up/);
        await engine.tell('stop', 'heeds-init');
        expect((await client.exit).code).toBe(9);
        // Without it, process 1 has no handler and does not even notice.
        await engine.tell('run', '-d', '--init', '--name', 'dies-init', 'busybox', 'sleep', '1000');
        await engine.tell('kill', '-s', 'TERM', 'dies-init');
        expect(await engine.tell('wait', 'dies-init')).toBe('143');
      });

      test.each([
        { argv: ['true'], code: 0 },
        { argv: ['sh', '-c', 'exit 7'], code: 7 },
        { argv: ['sh', '-c', 'kill -9 $$'], code: 137 },
        { argv: ['nosuch'], code: 127 },
        { argv: ['/etc/passwd'], code: 126 },
      ])('$argv ends with $code', async ({ argv, code }) => {
        const ran = await engine.docker('run', '--rm', '--init', 'busybox', ...argv);
        expect(ran.code).toBe(code);
        if (code > 120 && code < 128) expect(ran.stderr).toMatch(/exec .* failed: /);
      });

      test('a terminal’s keys reach the program', async () => {
        const shell = engine.onTerminal('run', '--rm', '--init', '-it', 'busybox', 'sh');
        await shell.until(/# /);
        shell.write('echo be"fore"; sleep 1000\n');
        await shell.until(/before/);
        shell.write('\x03exit 5\n');
        expect((await shell.exit).code).toBe(5);
      });
    });

    test("containers share another's processes and network", async () => {
      await engine.tell('run', '-d', '--name', 'owner', 'busybox', 'sleep', '4321');
      const address = await engine.tell('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'owner');
      expect(
        (await run(['--network=container:owner'], 'ip -4 -o addr show eth0 || ifconfig eth0')).stdout,
      ).toContain(address);
      expect((await run(['--pid=container:owner'], 'cat /proc/1/cmdline')).stdout).toContain('4321');
      const refused = await run(['--network=container:nosuch'], 'true');
      expect(refused.code).toBe(125);
      expect(refused.stderr).toContain('No such container: nosuch');
    });

    test('health is examined, and told', async () => {
      await engine.tell(
        ...['run', '-d', '--name', 'healthy', '--health-cmd', 'test -e /ok', '--health-interval', '1s'],
        ...['--health-retries', '1', 'busybox', 'sleep', '1000'],
      );
      const events = engine.follow(
        'events',
        '--since',
        '0',
        '--filter',
        'container=healthy',
        '--filter',
        'event=health_status',
      );
      await events.until(/health_status: unhealthy/);
      expect(await engine.tell('ps', '-f', 'health=unhealthy', '--format', '{{.Names}} {{.Status}}')).toMatch(
        /^healthy Up .* \(unhealthy\)$/,
      );
      await engine.tell('exec', 'healthy', 'touch', '/ok');
      await events.until(/health_status: healthy/);
      events.kill('SIGKILL');
      expect(
        await engine.tell(
          'inspect',
          '-f',
          '{{.State.Health.Status}} {{.State.Health.FailingStreak}}',
          'healthy',
        ),
      ).toBe('healthy 0');
    });

    test('restart policies', async () => {
      await engine.tell(
        'run',
        '-d',
        '--name',
        'tries',
        '--restart',
        'on-failure:2',
        'busybox',
        'sh',
        '-c',
        'echo try; exit 1',
      );
      const events = engine.follow(
        'events',
        '--since',
        '0',
        '--filter',
        'container=tries',
        '--filter',
        'event=die',
        '--format',
        'died',
      );
      await events.until(/(died\n){3}/);
      events.kill('SIGKILL');
      expect(await engine.tell('wait', 'tries')).toBe('1');
      expect(await engine.tell('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'tries')).toBe(
        '2 exited',
      );
      expect(await engine.tell('logs', 'tries')).toBe('try\ntry\ntry');
    });

    test('containers go on when the engine is killed, and it finds them again', async () => {
      await engine.tell(
        'run',
        '-d',
        '--name',
        'outlives',
        'busybox',
        'sh',
        '-c',
        'while :; do echo tick; sleep 1; done',
      );
      const pid = await engine.tell('inspect', '-f', '{{.State.Pid}}', 'outlives');
      await engine.tell('run', '-d', '--name', 'ends-meanwhile', 'busybox', 'sleep', '1000');
      const other = await engine.tell('inspect', '-f', '{{.State.Pid}}', 'ends-meanwhile');
      await engine.host(`killall -STOP hulld; kill -9 ${other}; killall -9 hulld`);
      expect(await engine.tell('inspect', '-f', '{{.State.Status}} {{.State.Pid}}', 'outlives')).toBe(
        `running ${pid}`,
      );
      expect(await engine.tell('wait', 'ends-meanwhile')).toBe('137');
      expect(await engine.tell('exec', 'outlives', 'echo', 'here')).toBe('here');
      const logs = engine.follow('logs', '-f', '--tail', '0', 'outlives');
      await logs.until(/tick/);
      await engine.tell('rm', '-f', 'outlives', 'ends-meanwhile');
      expect((await logs.exit).code).toBe(0);
    });
  },
);
