import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publish } from '../../scripts/machine/publish';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';

const address = '10.99.0.2';
const second = `tcp://${address}:2375`;

// Another engine with a network of its own, as if it ran on another host that is connected to this one by a cable.
const start = `set -e
  export PATH=/usr/share/twinhull/tools/bin:$PATH
  ip netns add second
  ip link add cable type veth peer name eth0 netns second
  ip addr add 10.99.0.1/24 dev cable
  ip link set cable up
  ip -n second addr add ${address}/24 dev eth0
  ip -n second link set eth0 up
  ip -n second link set lo up
  setsid ip netns exec second hulld -H ${second} -data-root /var/lib/second -exec-root /run/second \
    </dev/null >/var/log/second.log 2>&1 &
  until DOCKER_HOST=${second} docker version >/dev/null 2>&1; do usleep 100000; done`;

// One client for several engines: -H, DOCKER_HOST and contexts.
describe.skipIf(withoutDocker)(`several engines${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  let published: Awaited<ReturnType<typeof publish>>;
  let config: string;
  beforeAll(async () => {
    engine = await startEngine();
    await engine.host(start);
    const target = { type: 'tcp', host: address, port: 2375 } as const;
    published = await publish(engine.guest, { hostPort: 0, target }, () => {});
    config = await mkdtemp(join(tmpdir(), 'docker-config-'));
    await engine.host(`docker -H ${second} pull -q busybox`);
    await engine.host('docker run -d --name here busybox sleep 1000');
    await engine.host(`docker -H ${second} run -d --name there -p 8080:80 busybox sleep 1000`);
  });
  afterAll(async () => {
    published.dispose();
    await rm(config, { recursive: true, force: true });
    engine.dispose();
  });

  const names = "ps --format '{{.Names}}'";
  const root = "info --format '{{.DockerRootDir}}'";

  test.each([
    { how: 'nothing', command: `docker ${names}`, says: 'here' },
    { how: '-H', command: `docker -H ${second} ${names}`, says: 'there' },
    { how: 'DOCKER_HOST', command: `DOCKER_HOST=${second} docker ${names}`, says: 'there' },
    {
      how: '-H instead of DOCKER_HOST',
      command: `DOCKER_HOST=${second} docker -H unix:///run/docker.sock ${names}`,
      says: 'here',
    },
    { how: '-H, of a root of its own', command: `docker -H ${second} ${root}`, says: '/var/lib/second' },
    { how: 'nothing, of its root', command: `docker ${root}`, says: '/var/lib/docker' },
  ])('our client with $how', async ({ command, says }) => {
    expect(await engine.host(command)).toBe(says);
  });

  test('our client with contexts', async () => {
    await engine.host(`docker context create far --description 'the other' --docker host=${second}`);
    expect(await engine.host(`docker --context far ${names}`)).toBe('there');
    expect(await engine.host(`DOCKER_CONTEXT=far docker ${names}`)).toBe('there');
    expect(await engine.host('docker context use far')).toMatch(/^far/);
    expect(await engine.host(`docker ${names}`)).toBe('there');
    expect(await engine.host('docker context ls')).toMatch(/^far \* +the other +tcp:\/\/10\.99\.0\.2:2375/m);
    // The environment wins over the chosen context.
    expect(await engine.host(`DOCKER_HOST=unix:///run/docker.sock docker ${names}`)).toBe('here');
    await engine.host('docker context use default && docker context rm far');
    expect(await engine.host(`docker ${names}`)).toBe('here');
  });

  test('the stock client with -H and contexts', async () => {
    const host = `tcp://127.0.0.1:${published.port}`;
    const ps = ['ps', '--format', '{{.Names}}'];
    expect(await engine.tell('-H', host, ...ps)).toBe('there');
    await engine.tell('--config', config, 'context', 'create', 'far', '--docker', `host=${host}`);
    expect(await engine.tell('--config', config, '--context', 'far', ...ps)).toBe('there');
    expect(await engine.tell(...ps)).toBe('here');
  });

  test('each has its own containers, images, networks and events, and the same addresses', async () => {
    const ip = `inspect -f '{{.NetworkSettings.IPAddress}}'`;
    expect(await engine.host(`docker -H ${second} ${ip} there`)).toBe(await engine.host(`docker ${ip} here`));
    expect(await engine.host(`docker -H ${second} exec there hostname`)).not.toBe(
      await engine.host('docker exec here hostname'),
    );
    await engine.host(
      `docker -H ${second} network create only-there && docker -H ${second} tag busybox other:1`,
    );
    expect(await engine.host('docker network ls -q -f name=only-there; docker images -q other:1')).toBe('');
    await engine.host('docker rm -f here');
    expect(await engine.host(`docker -H ${second} ${names}`)).toBe('there');
  });
});
