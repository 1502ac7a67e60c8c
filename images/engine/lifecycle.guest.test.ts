import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';

// A container's life through the stock client: start, stop, exec, attach, logs, and what is told of it meanwhile.
describe.skipIf(withoutDocker)(`lives of containers${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
    await engine.tell(
      'run',
      '-d',
      '--name',
      'lives',
      '-l',
      'tier=web',
      '-e',
      'A=b',
      '-p',
      '8080:80',
      'busybox',
      'sleep',
      '1000',
    );
    await engine.tell('create', '--name', 'waits', 'busybox', 'sh', '-c', 'echo started; exit 3');
  });
  afterAll(() => engine.dispose());
  const status = (name: string) => engine.tell('inspect', '-f', '{{.State.Status}}', name);

  test('version and info tell what engine this is', async () => {
    const version = JSON.parse(await engine.tell('version', '--format', '{{json .Server}}')) as unknown;
    expect(version).toMatchObject({ ApiVersion: '1.47', MinAPIVersion: '1.24', Os: 'linux', Arch: '386' });
    const info = JSON.parse(await engine.tell('info', '--format', '{{json .}}')) as unknown;
    expect(info).toMatchObject({
      Driver: 'overlay2',
      CgroupVersion: '2',
      ContainersRunning: 1,
      Containers: 2,
      OSType: 'linux',
      Architecture: 'i686',
      Swarm: { LocalNodeState: 'inactive' },
    });
  });

  test.each([
    { filter: [], names: ['lives'] },
    { filter: ['-a'], names: ['waits', 'lives'] },
    { filter: ['-a', '-f', 'status=created'], names: ['waits'] },
    { filter: ['-f', 'label=tier=web'], names: ['lives'] },
    { filter: ['-f', 'label=tier=db'], names: [''] },
    { filter: ['-a', '-f', 'name=^wai'], names: ['waits'] },
    { filter: ['-a', '-f', 'ancestor=busybox'], names: ['waits', 'lives'] },
    { filter: ['-f', 'publish=80'], names: ['lives'] },
    { filter: ['-f', 'network=bridge'], names: ['lives'] },
    { filter: ['-a', '-f', 'since=lives'], names: ['waits'] },
    { filter: ['-a', '-f', 'before=waits'], names: ['lives'] },
    { filter: ['-l'], names: ['waits'] },
    { filter: ['-n', '1'], names: ['waits'] },
  ])('ps $filter', async ({ filter, names }) => {
    expect((await engine.tell('ps', '--format', '{{.Names}}', ...filter)).split('\n')).toEqual(names);
  });

  test('ps is the table of textbooks', async () => {
    const [head, line] = (await engine.tell('ps')).split('\n');
    expect(head).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES$/);
    expect(line).toMatch(
      /^[0-9a-f]{12} +busybox +"sleep 1000" +.* ago +Up .* +0\.0\.0\.0:8080->80\/tcp +lives$/,
    );
    const wrong = await engine.docker('ps', '-f', 'nosuch=1');
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain("invalid filter 'nosuch'");
  });

  test.each([
    { template: '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}}', says: /^running true 0$/ },
    { template: '{{.NetworkSettings.IPAddress}}', says: /^172\.17\.0\.\d+$/ },
    {
      template: '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}',
      says: /^172\.17\.0\.\d+ 172\.17\.0\.1$/,
    },
    { template: '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', says: /^8080$/ },
    { template: '{{json .Mounts}}', says: /^\[\]$/ },
    { template: '{{json .Config.Env}}', says: /"A=b"/ },
    {
      template: '{{json .Config.Cmd}} {{.Path}} {{json .Args}}',
      says: /^\["sleep","1000"\] sleep \["1000"\]$/,
    },
    {
      template: '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}}',
      says: /^no (default|bridge)$/,
    },
    { template: '{{.LogPath}}', says: /^\/var\/lib\/docker\/containers\/([0-9a-f]{64})\/\1-json\.log$/ },
    { template: '{{.Driver}} {{.Platform}} {{.Image}}', says: /^overlay2 linux sha256:[0-9a-f]{64}$/ },
    {
      template: '{{.GraphDriver.Name}} {{.GraphDriver.Data.MergedDir}}',
      says: /^overlay2 \/var\/lib\/docker\/overlay2\/.*\/merged$/,
    },
  ])('inspect -f $template', async ({ template, says }) => {
    expect(await engine.tell('inspect', '-f', template, 'lives')).toMatch(says);
  });

  test('inspect finds images, networks and volumes too, and says what it does not find', async () => {
    expect(await engine.tell('inspect', '-f', '{{.Os}} {{json .RepoTags}}', 'busybox')).toBe(
      'linux ["busybox:latest"]',
    );
    expect(
      await engine.tell('inspect', '-f', '{{.Driver}} {{(index .IPAM.Config 0).Subnet}}', 'bridge'),
    ).toBe('bridge 172.17.0.0/16');
    await engine.tell('volume', 'create', 'found');
    expect(await engine.tell('inspect', '-f', '{{.Mountpoint}}', 'found')).toBe(
      '/var/lib/docker/volumes/found/_data',
    );
    const none = await engine.docker('inspect', 'nosuch');
    expect(none).toMatchObject({ code: 1, stdout: '[]\n' });
    expect(none.stderr).toMatch(/no such object: nosuch/i);
  });

  test.each([
    {
      options: [],
      command: ['sh', '-c', 'echo out; echo err >&2; exit 4'],
      code: 4,
      stdout: 'out\n',
      stderr: /^err\n$/,
    },
    {
      options: ['-e', 'C=d', '-w', '/tmp'],
      command: ['sh', '-c', 'echo $A $C $PWD'],
      code: 0,
      stdout: 'b d /tmp\n',
    },
    { options: ['-u', 'www-data'], command: ['id', '-u'], code: 0, stdout: '33\n' },
    { options: ['-t'], command: ['tty'], code: 0, stdout: '/dev/pts/0\r\n' },
    { options: [], command: ['nosuch'], code: 127, stdout: /executable file not found in \$PATH/ },
    { options: [], command: ['/etc'], code: 126, stdout: /permission denied|is a directory/ },
    { options: ['-d'], command: ['true'], code: 0, stdout: '' },
  ])('exec $options $command', async ({ options, command, code, stdout, stderr }) => {
    const ran = await engine.docker('exec', ...options, 'lives', ...command);
    if (typeof stdout === 'string') expect(ran.stdout).toBe(stdout);
    else expect(ran.stdout + ran.stderr).toMatch(stdout);
    if (stderr) expect(ran.stderr).toMatch(stderr);
    expect(ran.code).toBe(code);
  });

  test('exec -i reads to the end, and refuses where nothing runs', async () => {
    const ran = await engine.feed('a\nb\nc\n', 'exec', '-i', 'lives', 'wc', '-l');
    expect(ran).toMatchObject({ code: 0, stdout: '3\n' });
    const refused = await engine.docker('exec', 'waits', 'true');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/container [0-9a-f]{64} is not running/i);
  });

  test('start -a shows the output and ends as the container does; wait and logs tell it again', async () => {
    expect(await engine.docker('start', '-a', 'waits')).toEqual({ code: 3, stdout: 'started\n', stderr: '' });
    expect(await engine.tell('wait', 'waits')).toBe('3');
    expect(await engine.tell('logs', 'waits')).toBe('started');
    expect(await engine.tell('ps', '-a', '-f', 'exited=3', '--format', '{{.Names}} {{.Status}}')).toMatch(
      /^waits Exited \(3\) /,
    );
  });

  test('logs by number, time and stream, and as they come', async () => {
    const script = 'for i in 1 2 3; do echo line $i; sleep 0.1; done; echo err >&2; cat; echo end';
    await engine.tell('run', '-d', '-i', '--name', 'talks', 'busybox', 'sh', '-c', script);
    const followed = engine.follow('logs', '-f', 'talks');
    await followed.until(/line 3\n[^]*err\n/);
    expect(await engine.tell('logs', '--tail', '1', 'waits')).toBe('started');
    const stamped = await engine.tell('logs', '-t', '--tail', '4', 'talks');
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 3$/m);
    const after = /^(\S+) line 2$/m.exec(stamped)?.[1] ?? '';
    expect(await engine.tell('logs', '--since', after, 'talks')).toBe('line 2\nline 3');
    expect(await engine.tell('logs', '--until', after, 'talks')).toBe('line 1\nline 2');
    const attached = engine.follow('attach', 'talks');
    attached.write('typed\n');
    await followed.until(/typed/);
    attached.kill('SIGKILL');
    await engine.tell('stop', '-t', '0', 'talks');
    expect(await followed.exit).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/typed\n/) as string,
    });
  });

  test('pause, unpause, restart, stop, kill and start', async () => {
    await engine.tell('run', '-d', '--name', 'turns', 'busybox', 'sleep', '1000');
    await engine.tell('pause', 'turns');
    expect(await engine.tell('ps', '-f', 'status=paused', '--format', '{{.Names}} {{.Status}}')).toMatch(
      /^turns Up .* \(Paused\)$/,
    );
    expect((await engine.docker('exec', 'turns', 'true')).stderr).toMatch(/is paused/);
    await engine.tell('unpause', 'turns');
    const before = await engine.tell('inspect', '-f', '{{.State.Pid}}', 'turns');
    await engine.tell('restart', '-t', '0', 'turns');
    expect(await engine.tell('inspect', '-f', '{{.State.Pid}}', 'turns')).not.toBe(before);
    await engine.tell('stop', '-t', '0', 'turns');
    expect(await engine.tell('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'turns')).toBe(
      'exited 137',
    );
    const killed = await engine.docker('kill', 'turns');
    expect(killed.code).toBe(1);
    expect(killed.stderr).toMatch(/is not running/);
    await engine.tell('start', 'turns');
    expect(await status('turns')).toBe('running');
    const waiting = engine.tell('wait', 'turns');
    await engine.tell('kill', 'turns');
    expect(await waiting).toBe('137');
  });

  test.each([['kill'], ['stop'], ['rm', '-f']])('a paused container: %s %s', async (...command) => {
    await engine.tell(
      'run',
      '-d',
      '--name',
      'frozen',
      'busybox',
      'sh',
      '-c',
      'trap "exit 4" TERM; while :; do sleep 0.1; done',
    );
    await engine.tell('pause', 'frozen');
    const refused = await engine.docker('start', 'frozen');
    expect(refused.stderr).toContain('cannot start a paused container, try unpause instead');
    expect(await engine.tell(...command, 'frozen')).toBe('frozen');
    if (command[0] === 'rm') {
      expect((await engine.docker('inspect', 'frozen')).code).toBe(1);
      return;
    }
    // Asked to stop it is thawed, so that it can.
    const wanted = command[0] === 'stop' ? 'exited false 4' : 'exited false 137';
    expect(
      await engine.tell('inspect', '-f', '{{.State.Status}} {{.State.Paused}} {{.State.ExitCode}}', 'frozen'),
    ).toBe(wanted);
    await engine.tell('start', 'frozen');
    expect(await status('frozen')).toBe('running');
    await engine.tell('rm', '-f', 'frozen');
  });

  test('a program that heeds SIGTERM stops with its own code', async () => {
    await engine.tell(
      'run',
      '-d',
      '--name',
      'heeds',
      'busybox',
      'sh',
      '-c',
      'trap "exit 5" TERM; while :; do sleep 0.1; done',
    );
    await engine.tell('stop', 'heeds');
    expect(await engine.tell('inspect', '-f', '{{.State.ExitCode}}', 'heeds')).toMatch(/^(5|143)$/);
  });

  test('rename, update, port, top', async () => {
    await engine.tell('rename', 'lives', 'renamed');
    expect((await engine.docker('inspect', 'lives')).code).toBe(1);
    expect((await engine.docker('rename', 'renamed', 'waits')).stderr).toContain(
      'is already in use by container',
    );
    await engine.tell('rename', 'renamed', 'lives');
    await engine.tell(
      'update',
      '--memory',
      '32m',
      '--memory-swap',
      '32m',
      '--pids-limit',
      '50',
      '--restart',
      'always',
      'lives',
    );
    const wanted = '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}}';
    expect(await engine.tell('inspect', '-f', wanted, 'lives')).toBe('33554432 50 always');
    expect(
      await engine.tell('exec', 'lives', 'cat', '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/pids.max'),
    ).toBe('33554432\n50');
    await engine.tell('update', '--restart', 'no', 'lives');
    expect(await engine.tell('port', 'lives')).toBe('80/tcp -> 0.0.0.0:8080');
    expect(await engine.tell('port', 'lives', '80')).toBe('0.0.0.0:8080');
    const [head, line] = (await engine.tell('top', 'lives')).split('\n');
    expect(head).toMatch(/^UID +PID +PPID +C +STIME +TTY +TIME +CMD$/);
    expect(line).toMatch(/^root .* sleep 1000$/);
    expect(await engine.tell('top', 'lives', '-o', 'pid,comm')).toMatch(/^PID +COMMAND\n\d+ +sleep$/);
  });

  test('stats measures', async () => {
    const line = await engine.tell(
      'stats',
      '--no-stream',
      '--format',
      '{{.Name}} {{.PIDs}} {{.MemUsage}} {{.CPUPerc}}',
      'lives',
    );
    expect(line).toMatch(/^lives 1 [\d.]+[KM]iB \/ 32MiB [\d.]+%$/);
  });

  test('events are told as they happen, and by time', async () => {
    const since = await engine.host('date +%s');
    const events = engine.follow(
      'events',
      '--since',
      since,
      '--filter',
      'container=seen',
      '--format',
      '{{.Type}} {{.Action}}',
    );
    await engine.tell('run', '--rm', '--name', 'seen', 'busybox', 'true');
    const told = await events.until(/container destroy/);
    events.kill('SIGKILL');
    expect(told.split('\n')).toEqual(
      expect.arrayContaining([
        'container create',
        'container attach',
        'container start',
        'container die',
        'container destroy',
      ]),
    );
    const until = String(Number(await engine.host('date +%s')) + 1);
    const past = await engine.tell(
      'events',
      '--since',
      since,
      '--until',
      until,
      '--filter',
      'event=die',
      '--format',
      '{{.Actor.Attributes.exitCode}}',
    );
    expect(past).toBe('0');
  });

  test('rm wants a container that stands, or -f; -v takes its volumes along', async () => {
    await engine.tell('run', '-d', '--name', 'goes', '-v', '/anonymous', 'busybox', 'sleep', '1000');
    const volume = await engine.tell('inspect', '-f', '{{(index .Mounts 0).Name}}', 'goes');
    const refused = await engine.docker('rm', 'goes');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /cannot remove container "\/?goes": container is running: stop the container before removing or force remove/,
    );
    expect(await engine.tell('rm', '-f', '-v', 'goes')).toBe('goes');
    expect(await engine.tell('volume', 'ls', '-q')).not.toContain(volume);
    const gone = await engine.docker('rm', 'goes');
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toContain('No such container: goes');
  });

  test('container prune removes what has ended', async () => {
    await engine.tell('run', '--name', 'ended', 'busybox', 'true');
    const told = await engine.tell('container', 'prune', '-f');
    expect(told).toMatch(/^Deleted Containers:\n([0-9a-f]{64}\n)+\nTotal reclaimed space: /);
    expect((await engine.docker('inspect', 'ended')).code).toBe(1);
    expect(await status('lives')).toBe('running');
  });
});
