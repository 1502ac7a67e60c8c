import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine, withoutDocker, type Engine } from './engine-fixture';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
  await engine.tell('run', '-d', '--name', 'stays', 'busybox', 'sh', '-c', 'echo x > /made; exec sleep 1000');
});
afterAll(() => engine.dispose());

// What the other files have not of the commands that stock clients know (README.md lists where each is).
describe.skipIf(withoutDocker)(`the stock client${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  test('run of an image that is missing pulls it, and tells so beside the output', async () => {
    await engine.tell('rmi', 'hello-world');
    const { code, stdout, stderr } = await engine.docker('run', '--rm', 'hello-world');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^\s*Hello/);
    expect(stderr).toMatch(
      /^Unable to find image 'hello-world:latest' locally\nlatest: Pulling from library\/hello-world\n/,
    );
    expect(stderr).toMatch(
      /Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for hello-world:latest\n$/,
    );
  });

  test('attach shows what comes and ends as the container does', async () => {
    const script = 'read word; echo got $word; exit 6';
    await engine.tell('run', '-di', '--name', 'asks', 'busybox', 'sh', '-c', script);
    const client = engine.follow('attach', 'asks');
    client.write('a word\n');
    expect(await client.exit).toMatchObject({ code: 6, stdout: 'got a word\n' });
    const refused = await engine.docker('attach', 'asks');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('You cannot attach to a stopped container, start it first');
    await engine.tell('rm', 'asks');
  });

  test('stats without a name has a row for each that runs', async () => {
    await engine.tell('run', '-d', '--name', 'too', 'busybox', 'sleep', '1000');
    const rows = await engine.tell('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}} {{.NetIO}}');
    expect(rows.split('\n').sort()).toEqual([
      expect.stringMatching(/^stays 1 [\d.]+k?B \/ [\d.]+k?B$/),
      expect.stringMatching(/^too 1 /),
    ]);
    await engine.tell('rm', '-f', 'too');
  });

  test('ps -s tells what a container has written', async () => {
    expect(await engine.tell('ps', '-s', '--format', '{{.Names}} {{.Size}}')).toMatch(
      /^stays 2B \(virtual [\d.]+MB\)$/,
    );
  });

  test('each prune removes its own kind, and tells what it has removed', async () => {
    await engine.tell('network', 'create', 'lonely');
    expect(await engine.tell('network', 'prune', '-f')).toBe('Deleted Networks:\nlonely');
    await engine.tell('tag', 'hello-world', 'other:1');
    expect(await engine.tell('image', 'prune', '-f')).toBe('Total reclaimed space: 0B');
    const images = await engine.tell('image', 'prune', '-a', '-f');
    expect(images).toContain('Deleted Images:\n');
    expect(images).toContain('untagged: hello-world:latest');
    expect(await engine.tell('images', '--format', '{{.Repository}}')).toBe('busybox');
    expect(await engine.tell('builder', 'prune', '-f')).toMatch(/Total( reclaimed space)?:\s+0B/);
  });

  test('save keeps several images in one archive, and load names them all', async () => {
    await engine.tell('tag', 'busybox', 'one:1');
    await engine.tell('tag', 'busybox', 'two:2');
    await engine.tell('save', '-o', '/tmp/rows-saved.tar', 'one:1', 'two:2');
    await engine.tell('rmi', 'one:1', 'two:2');
    expect((await engine.tell('load', '-i', '/tmp/rows-saved.tar')).split('\n').sort()).toEqual([
      'Loaded image: one:1',
      'Loaded image: two:2',
    ]);
    await engine.tell('rmi', 'one:1', 'two:2');
  });
});

/** Keys of moby's answer (28.2, API 1.47), of what a bridge network's container with no limits has. */
const keys = {
  inspect:
    'AppArmorProfile Args Config Created Driver ExecIDs GraphDriver HostConfig HostnamePath HostsPath Id Image LogPath ' +
    'MountLabel Mounts Name NetworkSettings Path Platform ProcessLabel ResolvConfPath RestartCount State',
  list: 'Command Created HostConfig Id Image ImageID Labels Mounts Names NetworkSettings Ports State Status',
  state: 'Dead Error ExitCode FinishedAt OOMKilled Paused Pid Restarting Running StartedAt Status',
};

const run = (program: string, argv: string[]) =>
  new Promise<string>((resolve, reject) => {
    execFile(program, argv, { maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      // 127 and the like: what is missing is told by the test.
      error ? reject(new Error(`${program}: ${error.message} ${stderr}`)) : resolve(stdout),
    );
  });
const withoutCurl = await run('curl', ['--version']).then(
  () => false as const,
  () => 'there is no curl in PATH',
);

describe.skipIf(withoutCurl)(`curl${withoutCurl ? `: ${withoutCurl}` : ''}`, () => {
  const curl = (path: string, ...argv: string[]) =>
    run('curl', ['-sS', '--max-time', '100', ...argv, `http://127.0.0.1:${engine.port}${path}`]);
  const json = async (path: string, ...argv: string[]) =>
    JSON.parse(await curl(path, ...argv)) as Record<string, unknown>;
  const post = (path: string, body: object) =>
    json(path, '-H', 'Content-Type: application/json', '-d', JSON.stringify(body));

  test('a ping says what can be spoken', async () => {
    const head = await curl('/_ping', '-i');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const line of [/^Api-Version: 1\.47\r$/m, /^Ostype: linux\r$/m, /^Builder-Version: 1\r$/m]) {
      expect(head).toMatch(line);
    }
    expect(head).toMatch(/\r\n\r\nOK$/);
    expect(await curl('/_ping', '-I')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('a container is made, started, waited for and read, in frames', async () => {
    const made = await post('/v1.44/containers/create', {
      Image: 'busybox',
      Cmd: ['sh', '-c', 'echo out; exit 2'],
    });
    expect(made).toEqual({ Id: expect.stringMatching(/^[0-9a-f]{64}$/) as string, Warnings: [] });
    const at = `/v1.44/containers/${String(made['Id'])}`;
    expect(await curl(`${at}/start`, '-X', 'POST', '-w', '%{http_code}')).toBe('204');
    expect(await json(`${at}/wait`, '-X', 'POST')).toEqual({ StatusCode: 2 });
    expect(await curl(`${at}/logs?stdout=1`)).toBe('\u0001\0\0\0\0\0\0\u0004out\n');
    expect(await curl(at, '-X', 'DELETE', '-w', '%{http_code}')).toBe('204');
    expect(await json(`${at}/json`)).toEqual({ message: `No such container: ${String(made['Id'])}` });
  });

  test('what is told of a container has the fields that moby tells', async () => {
    const inspected = await json('/v1.44/containers/stays/json');
    expect(Object.keys(inspected)).toEqual(expect.arrayContaining(keys.inspect.split(' ')));
    expect(Object.keys(inspected['State'] as object)).toEqual(expect.arrayContaining(keys.state.split(' ')));
    const [listed] = (await json('/v1.44/containers/json')) as unknown as Record<string, unknown>[];
    expect(Object.keys(listed ?? {})).toEqual(expect.arrayContaining(keys.list.split(' ')));
  });

  test('a body that is no JSON is refused with a sentence', async () => {
    expect(
      await curl('/v1.44/containers/create', '-d', '{', '-H', 'Content-Type: application/json'),
    ).toContain('invalid JSON');
    expect(await curl('/v1.44/containers/create', '-d', 'a=b')).toContain('unsupported Content-Type header');
  });
});
