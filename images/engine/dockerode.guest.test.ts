import { Writable } from 'node:stream';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine, type Engine } from './engine-fixture';
import { writeTar } from './tar-archive';

/** Keeps what is written to it, as text. */
class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const ended = (stream: NodeJS.ReadableStream) =>
  new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));

// A client that is a library, and reads streams and answers by itself: https://github.com/apocas/dockerode
describe('dockerode', () => {
  let engine: Engine;
  let docker: Docker;
  beforeAll(async () => {
    engine = await startEngine();
    docker = new Docker({ host: '127.0.0.1', port: engine.port, protocol: 'http', version: 'v1.44' });
  });
  afterAll(() => engine.dispose());

  /** What a pull, push or build tells, one object after another. Rejects with the engine's sentence. */
  const progress = (stream: NodeJS.ReadableStream) =>
    new Promise<Record<string, unknown>[]>((resolve, reject) =>
      docker.modem.followProgress(stream, (error: Error | null, told: Record<string, unknown>[]) =>
        error ? reject(error) : resolve(told),
      ),
    );

  async function outputOf(stream: NodeJS.ReadableStream) {
    const [stdout, stderr] = [new Sink(), new Sink()];
    docker.modem.demuxStream(stream, stdout, stderr);
    await ended(stream);
    return { stdout: stdout.text, stderr: stderr.text };
  }

  test('a container is made, attached to, started, waited for, read again and removed', async () => {
    const container = await docker.createContainer({
      Image: 'busybox',
      name: 'made',
      Cmd: ['sh', '-c', 'read word; echo out $word; echo err >&2; exit 4'],
      OpenStdin: true,
      StdinOnce: true,
      Labels: { made: 'here' },
    });
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    const output = outputOf(stream);
    await container.start();
    stream.end('typed\n');
    expect(await output).toEqual({ stdout: 'out typed\n', stderr: 'err\n' });
    expect(await container.wait()).toMatchObject({ StatusCode: 4 });
    const { State, Config, Name } = await container.inspect();
    expect({ State, Config, Name }).toMatchObject({
      Name: '/made',
      State: { Status: 'exited', ExitCode: 4, Running: false },
      Config: { Image: 'busybox', Labels: { made: 'here' } },
    });
    const listed = await docker.listContainers({ all: true, filters: { label: ['made=here'] } });
    expect(listed).toMatchObject([{ Id: container.id, Names: ['/made'], State: 'exited' }]);
    const logs = await container.logs({ stdout: true, stderr: false });
    expect(logs.subarray(8).toString()).toBe('out typed\n');
    await container.remove();
    await expect(container.inspect()).rejects.toMatchObject({
      statusCode: 404,
      json: { message: `No such container: ${container.id}` },
    });
  });

  test('docker.run is all of it at once', async () => {
    const sink = new Sink();
    const [answer, container] = (await docker.run('busybox', ['echo', 'at once'], sink, {
      Tty: true,
      HostConfig: { AutoRemove: true },
    })) as [{ StatusCode: number }, Docker.Container];
    expect(answer.StatusCode).toBe(0);
    expect(sink.text).toBe('at once\r\n');
    const gone = () =>
      container.inspect().then(
        () => undefined,
        (error: unknown) => error,
      );
    await expect.poll(gone).toMatchObject({ statusCode: 404 });
  });

  test('exec, stats, top, archive and stop of one that runs; events tell of it', async () => {
    const events = await docker.getEvents({ filters: { type: ['container'], event: ['start', 'die'] } });
    const told = new Sink();
    events.pipe(told);
    const container = await docker.createContainer({
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      StopSignal: 'SIGKILL',
    });
    await container.start();
    const exec = await container.exec({
      Cmd: ['sh', '-c', 'cat; echo $WHO >&2; exit 3'],
      Env: ['WHO=me'],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const output = outputOf(stream);
    stream.end('fed\n');
    expect(await output).toEqual({ stdout: 'fed\n', stderr: 'me\n' });
    expect(await exec.inspect()).toMatchObject({ ExitCode: 3, Running: false, ContainerID: container.id });
    const stats = await container.stats({ stream: false });
    expect(stats.memory_stats.usage).toBeGreaterThan(0);
    expect(stats.pids_stats?.current).toBe(1);
    expect(await container.top()).toMatchObject({ Processes: [expect.arrayContaining(['sleep 1000'])] });
    const content = new TextEncoder().encode('put\n');
    await container.putArchive(Buffer.from(writeTar([{ name: 'note', mode: 0o600, content }])), {
      path: '/tmp',
    });
    const archive = await container.getArchive({ path: '/tmp/note' });
    const sink = new Sink();
    archive.pipe(sink);
    await ended(archive);
    expect(sink.text).toContain('put\n');
    await container.stop();
    await container.remove();
    const seen = new Promise<void>((resolve) => {
      const look = () => {
        if (told.text.includes('"die"')) resolve();
      };
      events.on('data', look);
      look();
    });
    await seen;
    (events as NodeJS.ReadableStream & { destroy(): void }).destroy();
    const lines = told.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { Action: string; Actor: { ID: string } });
    expect(lines.filter(({ Actor }) => Actor.ID === container.id).map(({ Action }) => Action)).toEqual([
      'start',
      'die',
    ]);
  });

  test('an image is pulled, inspected, tagged and removed; one that is nowhere is refused', async () => {
    await progress(await docker.pull('page-counter:latest'));
    const image = docker.getImage('page-counter:latest');
    expect(await image.inspect()).toMatchObject({
      Os: 'linux',
      Architecture: '386',
      RepoTags: ['page-counter:latest'],
      RepoDigests: [expect.stringMatching(/^page-counter@sha256:[0-9a-f]{64}$/) as string],
      Config: { Env: expect.arrayContaining(['REDIS_HOST=redis']) as string[] },
    });
    await image.tag({ repo: 'mine/counter', tag: '2' });
    const tags = (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(tags).toEqual(expect.arrayContaining(['mine/counter:2', 'page-counter:latest']));
    expect(await docker.getImage('mine/counter:2').remove()).toEqual([{ Untagged: 'mine/counter:2' }]);
    expect(await image.history()).toEqual(
      expect.arrayContaining([expect.objectContaining({ Tags: expect.anything() as unknown })]),
    );
    await image.remove();
    await expect(docker.pull('nosuch/image:1')).rejects.toMatchObject({ statusCode: 404 });
  });

  test('a context is built into an image, and an error in it is told', async () => {
    const context = (dockerfile: string) =>
      Buffer.from(
        writeTar([
          { name: 'Dockerfile', mode: 0o644, content: new TextEncoder().encode(dockerfile) },
          { name: 'word', mode: 0o644, content: new TextEncoder().encode('from the context\n') },
        ]),
      ) as unknown as NodeJS.ReadableStream;
    const told = await progress(
      await docker.buildImage(context('FROM busybox\nCOPY word /\nCMD cat /word\n'), { t: 'built:3' }),
    );
    const aux = told.flatMap(({ aux }) => (aux === undefined ? [] : [aux])) as { ID: string }[];
    expect(aux[0]?.ID).toBe((await docker.getImage('built:3').inspect()).Id);
    const sink = new Sink();
    await docker.run('built:3', [], sink, { Tty: true, HostConfig: { AutoRemove: true } });
    expect(sink.text).toBe('from the context\r\n');
    const failing = await docker.buildImage(context('FROM busybox\nCOPY nothing /\n'), { t: 'fails' });
    expect((await progress(failing)).at(-1)).toMatchObject({
      error: expect.stringMatching(/^COPY failed: .*nothing: file does not exist/) as string,
    });
  });

  test('networks and volumes are made, used, told of and removed', async () => {
    const network = await docker.createNetwork({
      Name: 'back',
      IPAM: { Config: [{ Subnet: '10.88.0.0/24' }] },
    });
    await docker.createVolume({ Name: 'kept', Labels: { a: 'b' } });
    expect(await docker.getVolume('kept').inspect()).toMatchObject({
      Name: 'kept',
      Driver: 'local',
      Scope: 'local',
      Labels: { a: 'b' },
    });
    const container = await docker.createContainer({
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'back', Binds: ['kept:/kept'] },
    });
    await container.start();
    const { NetworkSettings, Mounts } = await container.inspect();
    expect(NetworkSettings.Networks['back']?.IPAddress).toBe('10.88.0.2');
    expect(Mounts).toMatchObject([{ Type: 'volume', Name: 'kept', Destination: '/kept', RW: true }]);
    const { Containers } = (await network.inspect()) as {
      Containers: Record<string, { IPv4Address: string }>;
    };
    expect(Containers[container.id]?.IPv4Address).toBe('10.88.0.2/24');
    await expect(docker.getVolume('kept').remove()).rejects.toMatchObject({ statusCode: 409 });
    await container.remove({ force: true });
    await network.remove();
    await docker.getVolume('kept').remove();
    expect((await docker.listVolumes()).Volumes.map(({ Name }) => Name)).not.toContain('kept');
    expect((await docker.listNetworks()).map(({ Name }) => Name)).not.toContain('back');
  });

  test('version, info and system df are what a client expects', async () => {
    expect(await docker.version()).toMatchObject({ ApiVersion: '1.47', Os: 'linux', Arch: '386' });
    expect(await docker.info()).toMatchObject({ Driver: 'overlay2', OSType: 'linux' });
    expect(await docker.df()).toMatchObject({
      Images: expect.arrayContaining([expect.objectContaining({ RepoTags: ['busybox:latest'] })]) as object[],
    });
    expect(String(await docker.ping())).toBe('OK');
  });
});
