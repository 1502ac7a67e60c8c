import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, runtimes, startEngine, withoutDocker } from './engine-fixture';

// `run`, as its clients see it: output, exit codes, and the sentences that come with them.
describe.skipIf(withoutDocker).each(runtimes)(
  `docker run, %s${withoutDocker ? `: ${withoutDocker}` : ''}`,
  (runtime) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startEngine(runtime);
    });
    afterAll(() => engine.dispose());

    test.each([
      { name: 'ends well', argv: ['true'], code: 0 },
      { name: 'passes an exit code on', argv: ['sh', '-c', 'exit 7'], code: 7 },
      {
        name: 'keeps the streams apart',
        argv: ['sh', '-c', 'echo out; echo err >&2'],
        code: 0,
        stdout: 'out\n',
        stderr: /^err\n$/,
      },
      {
        name: 'says 127 for a program that is not there',
        argv: ['nosuch'],
        code: 127,
        // crun puts it in other quotes.
        stderr: /(exec: "nosuch": executable file|executable file `nosuch`) not found in \$PATH/,
      },
      {
        name: 'says 127 for a path that is not there',
        argv: ['/nosuch'],
        code: 127,
        stderr: /no such file or directory/,
      },
      {
        name: 'says 126 for a file that is no program',
        argv: ['/etc/passwd'],
        code: 126,
        stderr: /permission denied/,
      },
    ])('a container $name', async ({ argv, code, stdout = '', stderr }) => {
      const ran = await engine.docker('run', '--rm', 'busybox', ...argv);
      expect(ran).toMatchObject({ code, stdout });
      expect(ran.stderr).toMatch(stderr ?? /^$/);
    });
    // crun has words for it that no engine looks for, and the exit code is 125 with it.
    if (runtime === 'hullrun')
      test('a container says 126 for a directory', async () => {
        const ran = await engine.docker('run', '--rm', 'busybox', '/etc');
        expect(ran.stderr).toMatch(/permission denied|is a directory/);
        expect(ran.code).toBe(126);
      });

    test.each([
      { name: 'an unknown flag', argv: ['run', '--nosuch', 'busybox'], stderr: /unknown flag: --nosuch/ },
      {
        name: 'an image that is nowhere',
        argv: ['run', '--pull=never', 'nosuch:1'],
        stderr: /No such image: nosuch:1/,
      },
      {
        name: 'a name that no container may have',
        argv: ['run', '--name=a/b', 'busybox'],
        stderr: /Invalid container name \(a\/b\), only \[a-zA-Z0-9\]\[a-zA-Z0-9_\.-\] are allowed/,
      },
      {
        name: 'a network that is not there',
        argv: ['run', '--rm', '--network=nosuch', 'busybox'],
        stderr: /network nosuch not found/,
      },
      {
        name: 'too little memory',
        argv: ['run', '--rm', '--memory=1m', 'busybox'],
        stderr: /Minimum memory limit allowed is 6MB/,
      },
      {
        name: 'a working directory that is not absolute',
        argv: ['run', '--rm', '-w', 'etc', 'busybox'],
        stderr: /the working directory 'etc' is invalid, it needs to be an absolute path/,
      },
    ])('$name ends with 125', async ({ argv, stderr }) => {
      const ran = await engine.docker(...argv);
      expect(ran.stderr).toMatch(stderr);
      expect(ran.code).toBe(125);
    });

    test('what is typed reaches the container, and its end too', async () => {
      const ran = await engine.feed('one\ntwo\n', 'run', '--rm', '-i', 'busybox', 'wc', '-l');
      expect(ran).toEqual({ code: 0, stdout: '2\n', stderr: '' });
    });

    test('-d prints the ID of a container that goes on; its name is taken', async () => {
      const id = await engine.tell('run', '-d', '--name', 'goes-on', 'busybox', 'sleep', '1000');
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(await engine.tell('inspect', '-f', '{{.State.Status}} {{.Name}}', id)).toBe('running /goes-on');
      const again = await engine.docker('run', '--name', 'goes-on', 'busybox');
      expect(again.code).toBe(125);
      expect(again.stderr).toContain(
        `Conflict. The container name "/goes-on" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
      expect(await engine.tell('rm', '-f', 'goes-on')).toBe('goes-on');
    });

    test.each([
      { name: '-e', options: ['-e', 'A=b c'], command: 'echo $A', says: 'b c' },
      { name: '-w', options: ['-w', '/made/here'], command: 'pwd', says: '/made/here' },
      { name: '-u with a name', options: ['-u', 'www-data'], command: 'id -u; id -g', says: '33\n33' },
      { name: '-u with numbers', options: ['-u', '5:6'], command: 'id -u; id -g', says: '5\n6' },
      {
        name: '--hostname',
        options: ['-h', 'box'],
        command: 'hostname; cat /etc/hostname',
        says: 'box\nbox',
      },
      { name: '--entrypoint', options: ['--entrypoint', 'echo'], command: undefined, says: 'hello' },
      {
        name: '--tmpfs',
        options: ['--tmpfs', '/t:size=1m'],
        command: "grep ' /t ' /proc/mounts | cut -d' ' -f3",
        says: 'tmpfs',
      },
      {
        name: '--shm-size',
        options: ['--shm-size', '2m'],
        command: "grep ' /dev/shm ' /proc/mounts | grep -o size=2048k",
        says: 'size=2048k',
      },
      {
        name: '--add-host',
        options: ['--add-host', 'db:10.9.8.7'],
        command: 'grep -w db /etc/hosts',
        says: '10.9.8.7\tdb',
      },
      {
        name: '--dns',
        options: ['--dns', '9.9.9.9'],
        command: 'grep nameserver /etc/resolv.conf',
        says: 'nameserver 9.9.9.9',
      },
      {
        name: '--ulimit',
        options: ['--ulimit', 'nofile=77:99'],
        command: 'ulimit -n; ulimit -Hn',
        says: '77\n99',
      },
      {
        name: '--sysctl',
        options: ['--sysctl', 'net.ipv4.ip_forward=0'],
        command: 'cat /proc/sys/net/ipv4/ip_forward',
        says: '0',
      },
    ])('$name is what the process sees', async ({ options, command, says }) => {
      const argv = command === undefined ? ['hello'] : ['sh', '-c', command];
      expect(await engine.tell('run', '--rm', ...options, 'busybox', ...argv)).toBe(says);
    });

    test('a terminal is asked for where there is none', async () => {
      const ran = await engine.docker('run', '--rm', '-it', 'busybox', 'true');
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('the input device is not a TTY');
    });

    test('-t gives a terminal, whose output is one stream', async () => {
      const ran = await engine.docker('run', '--rm', '-t', 'busybox', 'sh', '-c', 'tty; echo err >&2');
      expect(ran).toEqual({ code: 0, stdout: '/dev/pts/0\r\nerr\r\n', stderr: '' });
    });

    test('a container that is killed ends with 128 + n', async () => {
      const client = engine.follow(
        'run',
        '--rm',
        '--name',
        'killed',
        'busybox',
        'sh',
        '-c',
        'echo up; sleep 1000',
      );
      await client.until(/^up$/m);
      await engine.tell('kill', '-s', 'KILL', 'killed');
      expect(await client.exit).toMatchObject({ code: 137, stdout: 'up\n' });
    });

    test('--rm leaves nothing behind', async () => {
      await engine.tell('run', '--rm', '--name', 'gone', 'busybox', 'true');
      const ran = await engine.docker('inspect', 'gone');
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('No such object: gone');
    });
  },
);
