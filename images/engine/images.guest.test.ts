import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine, withoutDocker, type Engine } from './engine-fixture';
import { runGoTests } from './guest-tests';

// The images that come with the machine, doing what they are for.
describe.skipIf(withoutDocker)(`images to use${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.dispose());

  const until = (command: string) => engine.host(`until ${command}; do sleep 0.1; done`);

  test('the machine has a hash unit, and the engine pulls with it', async () => {
    const { passed, output } = await runGoTests(engine.guest, 'hashing');
    expect(passed, output).toBe(true);
    expect(output).toContain('--- PASS: TestTheMachineHasAUnit');
    await engine.tell('pull', 'page-counter');
    expect(await engine.host('ls -l /proc/$(pidof hulld)/fd')).toMatch(/\/dev\/vport\d+p3/);
    expect(await engine.host('cat /var/log/hulld.log')).not.toContain('hash unit');
    await engine.tell('rmi', 'page-counter');
  });

  test('what is preloaded runs', async () => {
    expect(await engine.tell('run', '--rm', 'hello-world')).toMatch(/^Hello/);
    await engine.tell('run', '-d', '--name', 'races', '-p', '8000:80', 'web');
    await until('wget -q -O /dev/null http://127.0.0.1:8000/');
    await engine.tell('rm', '-f', 'races');
  });

  test('python is pulled, and has its standard library', async () => {
    const told = await engine.tell('pull', 'python');
    expect(told).toMatch(/^Digest: sha256:[0-9a-f]{64}$/m);
    expect(told).toMatch(/^Status: Downloaded newer image for python:latest$/m);
    const script = [
      'import bz2, ctypes, decimal, hashlib, json, lzma, sqlite3, ssl, sys',
      'rows = sqlite3.connect(":memory:").execute("select 6 * 7").fetchall()',
      'print(json.dumps({"rows": rows, "version": sys.version_info[:2], "hash": hashlib.sha256(b"").hexdigest()[:8]}))',
    ].join('\n');
    const output = await engine.tell('run', '--rm', 'python', 'python3', '-c', script);
    expect(JSON.parse(output)).toEqual({ rows: [[42]], version: [3, 11], hash: 'e3b0c442' });
    await engine.tell('rmi', 'python');
  });

  test('nginx serves a page, and ends as it is asked to', async () => {
    await engine.tell('run', '-d', '--name', 'serves', '-p', '8001:80', 'nginx');
    await until('wget -q -O /tmp/page http://127.0.0.1:8001/');
    expect(await engine.host('cat /tmp/page')).toContain('<html');
    expect(await engine.tell('logs', 'serves')).toMatch(/"GET \/ HTTP\/1\.1" 200/);
    await engine.tell('stop', 'serves');
    expect(await engine.tell('inspect', '-f', '{{.State.ExitCode}}', 'serves')).toBe('0');
    await engine.tell('rm', 'serves');
    await engine.tell('rmi', 'nginx');
  });

  test('a private registry takes what is pushed and gives it back', async () => {
    await engine.tell(
      'run',
      '-d',
      '--name',
      'registry',
      '-p',
      '5000:5000',
      '-v',
      'kept:/var/lib/registry',
      'registry',
    );
    await until('wget -q -O /dev/null http://127.0.0.1:5000/v2/');
    await engine.tell('tag', 'busybox', 'localhost:5000/team/box:1');
    const id = await engine.tell('inspect', '-f', '{{.Id}}', 'busybox');
    const pushed = await engine.tell('push', 'localhost:5000/team/box:1');
    const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(pushed)?.[1];
    expect(digest, pushed).toBeDefined();
    expect(await engine.host('wget -q -O - http://127.0.0.1:5000/v2/_catalog')).toContain('"team/box"');

    // Another registry's name for the same layers: what is here already is mounted from there.
    await engine.tell('tag', 'busybox', 'localhost:5000/team/copy:1');
    expect(await engine.tell('push', 'localhost:5000/team/copy:1')).toContain('Mounted from team/box');

    // From hello-world, whose layer is not here otherwise, all comes back over the wire.
    await engine.tell('tag', 'hello-world', 'localhost:5000/hello');
    await engine.tell('push', 'localhost:5000/hello');
    await engine.tell('rmi', 'hello-world', 'localhost:5000/hello');
    expect(await engine.tell('pull', 'localhost:5000/hello')).toContain(
      'Downloaded newer image for localhost:5000/hello',
    );
    expect(await engine.tell('run', '--rm', 'localhost:5000/hello')).toMatch(/^Hello/);

    await engine.tell('rmi', 'localhost:5000/team/box:1');
    await engine.tell('pull', `localhost:5000/team/box@${digest}`);
    const format = '{{.Id}} {{json .RepoDigests}}';
    const found = await engine.tell('inspect', '-f', format, `localhost:5000/team/box@${digest}`);
    expect(found).toContain(id);
    expect(found).toContain(`localhost:5000/team/box@${digest}`);
    const missing = await engine.docker('pull', 'localhost:5000/team/box:2');
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain('manifest for localhost:5000/team/box:2 not found: manifest unknown');

    // It is the volume that keeps them, not the container.
    await engine.tell('rm', '-f', 'registry');
    await engine.tell(
      'run',
      '-d',
      '--name',
      'registry',
      '-p',
      '5000:5000',
      '-v',
      'kept:/var/lib/registry',
      'registry',
    );
    await until('wget -q -O /dev/null http://127.0.0.1:5000/v2/');
    await engine.tell('rmi', 'localhost:5000/hello');
    await engine.tell('pull', 'localhost:5000/hello');
    await engine.tell('rm', '-f', 'registry');
    await engine.tell('rmi', 'registry');
  });

  test('a volume of the example plugin outlives containers and is seen from elsewhere', async () => {
    const store = [
      'run',
      '-d',
      '--name',
      'archives',
      '-v',
      'archives:/archives',
      'hull-volume-archive',
      'serve',
    ];
    await engine.tell(...store);
    const address = await engine.tell('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'archives');
    /** Each is what another machine would have: a socket and a directory of its own. */
    const plug = (name: string) =>
      engine.tell(
        ...['run', '-d', '--name', name, '-v', '/run/docker/plugins:/run/docker/plugins'],
        ...[
          '-v',
          `/run/volume-${name}:/run/volume-${name}`,
          'hull-volume-archive',
          '--store',
          `http://${address}:8080`,
        ],
        ...['--socket', `/run/docker/plugins/${name}.sock`, '--directory', `/run/volume-${name}`],
      );
    await plug('here');
    await until('[ -S /run/docker/plugins/here.sock ]');
    expect(await engine.tell('volume', 'create', '-d', 'here', 'notes')).toBe('notes');
    const write = ['sh', '-c', 'mkdir /n/deep; echo remember > /n/deep/today; chmod 640 /n/deep/today'];
    await engine.tell('run', '--rm', '-v', 'notes:/n', 'busybox', ...write);
    // Nothing is left on this machine, for the archive has it.
    expect(await engine.host('ls /run/volume-here')).toBe('');
    expect(await engine.tell('volume', 'inspect', '-f', '{{.Driver}} {{.Scope}}', 'notes')).toBe(
      'here global',
    );
    expect(await engine.tell('volume', 'ls', '-q', '-f', 'driver=here')).toBe('notes');
    const read = ['sh', '-c', 'cat /n/deep/today; stat -c %a /n/deep/today'];
    expect(await engine.tell('run', '--rm', '-v', 'notes:/n', 'busybox', ...read)).toBe('remember\n640');

    // The other plugin takes the first one's place, as on another machine: this one has to forget whose the volume was.
    await engine.tell('rm', '-f', 'here');
    await engine.docker('volume', 'rm', '-f', 'notes');
    await plug('there');
    await until('[ -S /run/docker/plugins/there.sock ]');
    expect(await engine.tell('run', '--rm', '-v', 'notes:/n', 'busybox', ...read)).toBe('remember\n640');
    expect(await engine.tell('volume', 'inspect', '-f', '{{.Driver}}', 'notes')).toBe('there');

    expect(await engine.tell('volume', 'rm', 'notes')).toBe('notes');
    expect(await engine.host(`wget -q -O - http://${address}:8080/notes.tar | wc -c`)).toBe('0');
    await engine.tell('rm', '-f', 'there', 'archives');
  });
});
