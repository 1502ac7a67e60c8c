import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectTarget } from '../../lib/guest/guest';
import { publish } from '../../scripts/machine/publish';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';
import { onPort, runClientWith } from './stock-client';

// Images, networks and volumes through the stock client.
describe.skipIf(withoutDocker)(
  `images, networks and volumes${withoutDocker ? `: ${withoutDocker}` : ''}`,
  () => {
    let engine: Engine;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'engine-objects-'));
      engine = await startEngine();
    });
    afterAll(async () => {
      engine.dispose();
      await rm(folder, { recursive: true, force: true });
    });

    test('images are listed, tagged, told of and removed', async () => {
      await engine.tell('tag', 'busybox', 'mine/box:1');
      const list = await engine.tell(
        'images',
        '--format',
        '{{.Repository}}:{{.Tag}}',
        '-f',
        'reference=mine/*',
      );
      expect(list).toBe('mine/box:1');
      expect(await engine.tell('images', '-q', '--no-trunc', 'mine/box')).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await engine.tell('history', '--format', '{{.CreatedBy}}', '--no-trunc', 'busybox')).not.toBe(
        '',
      );
      expect(await engine.tell('rmi', 'mine/box:1')).toBe('Untagged: mine/box:1');
      const gone = await engine.docker('rmi', 'mine/box:1');
      expect(gone.code).toBe(1);
      expect(gone.stderr).toContain('No such image: mine/box:1');
    });

    test('an image in use is not removed', async () => {
      await engine.tell('run', '-d', '--name', 'uses', 'busybox', 'sleep', '1000');
      const refused = await engine.docker('rmi', 'busybox');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /conflict: unable to remove repository reference "busybox" \(must force\) - container [0-9a-f]{12} is using its referenced image [0-9a-f]{12}/,
      );
      await engine.tell('rm', '-f', 'uses');
    });

    test('save and load', async () => {
      await engine.tell('tag', 'busybox', 'saved:1');
      const archive = join(folder, 'saved.tar');
      await engine.tell('save', '-o', archive, 'saved:1');
      const id = await engine.tell('images', '-q', '--no-trunc', 'saved');
      await engine.tell('rmi', 'saved:1');
      expect(await engine.tell('load', '-i', archive)).toBe('Loaded image: saved:1');
      expect(await engine.tell('images', '-q', '--no-trunc', 'saved')).toBe(id);
    });

    test.each([10, 3 << 20])(
      '%s bytes that are no archive are refused, and the engine goes on',
      async (size) => {
        const pid = await engine.host('pidof hulld');
        const refused = await engine.feed('x'.repeat(size), 'load');
        expect(refused.code).toBe(1);
        expect(refused.stderr).toMatch(/archive/);
        expect(await engine.host('pidof hulld')).toBe(pid);
        expect(await engine.host('cat /var/log/hulld.log')).not.toContain('panic');
      },
    );

    test('a Dockerfile becomes an image, whose second build is cached', async () => {
      await mkdir(join(folder, 'context'));
      const lines = [
        'FROM busybox',
        'ARG WHO=nobody',
        'WORKDIR /app',
        'COPY note .',
        'RUN echo $WHO >> note',
        'CMD ["cat", "note"]',
      ];
      await writeFile(join(folder, 'context/Dockerfile'), lines.join('\n'));
      await writeFile(join(folder, 'context/note'), 'hello\n');
      const build = () =>
        engine.docker('build', '-t', 'built:1', '--build-arg', 'WHO=me', join(folder, 'context'));
      const first = await build();
      expect(first.stdout).toMatch(/^Step 1\/6 : FROM busybox$/m);
      expect(first.stdout).toMatch(/^Successfully built [0-9a-f]{12}\nSuccessfully tagged built:1$/m);
      expect(await engine.tell('run', '--rm', 'built:1')).toBe('hello\nme');
      const second = await build();
      expect(second.stdout.match(/^ ---> Using cache$/gm)?.length).toBe(5);
      await writeFile(join(folder, 'context/Dockerfile'), 'FROM busybox\nRUN exit 9\n');
      const failed = await engine.docker('build', join(folder, 'context'));
      expect(failed.code).toBe(9);
      expect(failed.stderr).toContain("The command '/bin/sh -c exit 9' returned a non-zero code: 9");
    });

    test('containers of a network find each other by name, others do not', async () => {
      await engine.tell('network', 'create', '--subnet', '10.77.0.0/24', 'shop');
      await engine.tell(
        'run',
        '-d',
        '--name',
        'db',
        '--network',
        'shop',
        '--network-alias',
        'store',
        'busybox',
        'sleep',
        '1000',
      );
      expect(await engine.tell('inspect', '-f', '{{.NetworkSettings.Networks.shop.IPAddress}}', 'db')).toBe(
        '10.77.0.2',
      );
      for (const name of ['db', 'store']) {
        const answer = await engine.tell(
          'run',
          '--rm',
          '--network',
          'shop',
          'busybox',
          'ping',
          '-c',
          '1',
          '-W',
          '5',
          name,
        );
        expect(answer).toContain(`PING ${name} (10.77.0.2)`);
        expect(answer).toContain('1 packets received');
      }
      expect(
        await engine.tell('run', '--rm', '--network', 'shop', 'busybox', 'cat', '/etc/resolv.conf'),
      ).toContain('nameserver 127.0.0.11');
      expect((await engine.docker('run', '--rm', 'busybox', 'ping', '-c', '1', '-W', '1', 'db')).code).toBe(
        1,
      );
    });

    test('networks are connected, disconnected, told of and removed', async () => {
      await engine.tell('run', '-d', '--name', 'roams', 'busybox', 'sleep', '1000');
      await engine.tell('network', 'connect', '--ip', '10.77.0.50', 'shop', 'roams');
      expect(await engine.tell('exec', 'roams', 'ifconfig', 'eth1')).toContain('inet addr:10.77.0.50');
      expect(
        await engine.tell('network', 'inspect', '-f', '{{range .Containers}}{{.Name}} {{end}}', 'shop'),
      ).toMatch(/roams/);
      const refused = await engine.docker('network', 'rm', 'shop');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/network shop has active endpoints/);
      await engine.tell('network', 'disconnect', 'shop', 'roams');
      expect((await engine.docker('exec', 'roams', 'ifconfig', 'eth1')).code).toBe(1);
      await engine.tell('rm', '-f', 'roams', 'db');
      expect(await engine.tell('network', 'rm', 'shop')).toBe('shop');
      expect(
        (await engine.tell('network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Scope}}'))
          .split('\n')
          .sort(),
      ).toEqual(['bridge bridge local', 'host host local', 'none null local']);
      const builtin = await engine.docker('network', 'rm', 'bridge');
      expect(builtin.stderr).toMatch(/bridge is a pre-defined network and cannot be removed/);
    });

    async function fetchText(target: ConnectTarget): Promise<string> {
      const socket = await engine.guest.connect(target);
      let answer = '';
      socket.onData((bytes) => (answer += new TextDecoder().decode(bytes)));
      await socket.write(new TextEncoder().encode('GET /page HTTP/1.0\r\n\r\n'));
      await socket.ended;
      socket.dispose();
      return answer;
    }

    test('a published port leads into the container, and is free again after it', async () => {
      const serve = 'mkdir /www && echo served > /www/page && exec httpd -f -p 80 -h /www';
      await engine.tell('run', '-d', '--name', 'serves', '-p', '8081:80', 'busybox', 'sh', '-c', serve);
      const address = await engine.tell('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'serves');
      await engine.host('until wget -q -O /dev/null http://127.0.0.1:8081/page; do sleep 0.1; done');
      for (const [host, port] of [
        ['127.0.0.1', 8081],
        ['172.17.0.1', 8081],
        [address, 80],
      ] as const) {
        expect(await fetchText({ type: 'tcp', host, port })).toContain('served');
      }
      const taken = await engine.docker('run', '--rm', '-p', '8081:80', 'busybox', 'true');
      expect(taken.code).toBe(125);
      expect(taken.stderr).toMatch(/port is already allocated/);
      await engine.tell('rm', '-f', 'serves');
      await engine.tell('run', '--rm', '-p', '8081:80', 'busybox', 'true');
    });

    test('volumes are made, shared, told of, refused while used, and pruned', async () => {
      expect(await engine.tell('volume', 'create', '--label', 'kind=test', 'kept')).toBe('kept');
      await engine.tell('run', '--rm', '-v', 'kept:/v', 'busybox', 'sh', '-c', 'echo text > /v/file');
      expect(
        await engine.tell(
          'run',
          '--rm',
          '--mount',
          'type=volume,src=kept,dst=/w,readonly',
          'busybox',
          'cat',
          '/w/file',
        ),
      ).toBe('text');
      expect(await engine.tell('volume', 'ls', '-q', '-f', 'label=kind=test')).toBe('kept');
      await engine.tell('create', '--name', 'holds', '-v', 'kept:/v', 'busybox');
      const refused = await engine.docker('volume', 'rm', 'kept');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/remove kept: volume is in use - \[[0-9a-f]{64}\]/);
      await engine.tell('rm', 'holds');
      expect(await engine.tell('volume', 'prune', '-f')).toMatch(/Total reclaimed space: 0B/);
      expect(await engine.tell('volume', 'prune', '-a', '-f')).toMatch(
        /^Deleted Volumes:\n[^]*kept[^]*Total reclaimed space: 5B/,
      );
      const none = await engine.docker('volume', 'inspect', 'kept');
      expect(none.stderr).toMatch(/get kept: no such volume/);
    });

    test('an image fills a new volume; a bind shows the host', async () => {
      expect(await engine.tell('run', '--rm', '-v', 'filled:/etc', 'busybox', 'true')).toBe('');
      expect(await engine.host('ls /var/lib/docker/volumes/filled/_data')).toContain('passwd');
      await engine.host('mkdir -p /srv/bound && echo host > /srv/bound/file');
      expect(await engine.tell('run', '--rm', '-v', '/srv/bound:/b', 'busybox', 'cat', '/b/file')).toBe(
        'host',
      );
      const missing = await engine.docker(
        'run',
        '--rm',
        '--mount',
        'type=bind,src=/nosuch,dst=/b',
        'busybox',
        'true',
      );
      expect(missing.code).toBe(125);
      expect(missing.stderr).toContain('bind source path does not exist: /nosuch');
    });

    test('one client speaks to two engines: -H, DOCKER_HOST and contexts', async () => {
      // A network of its own, because both engines make a docker0.
      const socket = '/run/second.sock';
      await engine.host(
        `unshare -n setsid sh -c 'echo $$ >/run/second.pid; exec hulld -H unix://${socket} -data-root /tmp/second -exec-root /run/second' </dev/null >/tmp/second.log 2>&1 &
        until docker -H unix://${socket} version >/dev/null 2>&1; do sleep 0.1; done`,
      );
      await engine.host(`docker -H unix://${socket} volume create of-the-second`);
      const second = await publish(
        engine.guest,
        { hostPort: 0, target: { type: 'unix', path: socket } },
        () => {},
      );
      const hosts = { first: onPort(engine.port), second: onPort(second.port) };
      const list = ['volume', 'ls', '-q'];
      /** Whether the second engine answered, by the stock client. */
      const isSecond = async (settings: Record<string, string | undefined>, ...argv: string[]) => {
        const { code, stdout, stderr } = await runClientWith({ DOCKER_CONFIG: folder, ...settings }, [
          ...argv,
          ...list,
        ]);
        expect(code, stderr).toBe(0);
        return stdout.includes('of-the-second');
      };
      expect(await isSecond({ DOCKER_HOST: hosts.first }, '-H', hosts.second)).toBe(true);
      expect(await isSecond({ DOCKER_HOST: hosts.second })).toBe(true);
      expect(await isSecond({ DOCKER_HOST: hosts.first })).toBe(false);
      const bare = { DOCKER_HOST: undefined, DOCKER_CONFIG: folder };
      for (const [name, host] of Object.entries(hosts))
        await runClientWith(bare, ['context', 'create', name, '--docker', `host=${host}`]);
      await runClientWith(bare, ['context', 'use', 'second']);
      expect(await isSecond(bare)).toBe(true);
      expect(await isSecond(bare, '--context', 'first')).toBe(false);
      expect(await isSecond({ ...bare, DOCKER_CONTEXT: 'first' })).toBe(false);
      second.dispose();

      // And ours, in the guest.
      await engine.host(
        `docker context create second --docker host=unix://${socket} && docker context use second`,
      );
      expect(await engine.host('docker volume ls -q')).toBe('of-the-second');
      expect(await engine.host('docker --context default volume ls -q')).not.toContain('of-the-second');
      expect(await engine.host('DOCKER_HOST=unix:///run/docker.sock docker volume ls -q')).not.toContain(
        'of-the-second',
      );
      await engine.host('docker --context default save busybox | docker load');
      expect(await engine.host('docker run --rm busybox echo from the second')).toBe('from the second');
      await engine.host('docker context use default && docker context rm second');
      await engine.host('kill $(cat /run/second.pid)');
    });

    test('system prune removes what nobody uses', async () => {
      await engine.tell('network', 'create', 'unused');
      await engine.tell('create', '--name', 'unused', 'busybox');
      const told = await engine.tell('system', 'prune', '-f');
      expect(told).toMatch(/Deleted Containers:\n[0-9a-f]{64}/);
      expect(told).toMatch(/Deleted Networks:\nunused/);
      expect(told).toMatch(/Total reclaimed space: /);
      expect(await engine.tell('image', 'inspect', '-f', 'kept', 'busybox')).toBe('kept');
    });

    test.each([
      {
        path: '/v1.23/info',
        status: 400,
        message: /client version 1\.23 is too old\. Minimum supported API version is 1\.24/,
      },
      { path: '/v1.99/info', status: 400, message: /client version 1\.99 is too new/ },
      { path: '/v1.44/nosuch', status: 404, message: /page not found/ },
      { path: '/v1.44/containers/nosuch/json', status: 404, message: /^No such container: nosuch$/ },
      { path: '/v1.44/images/nosuch/json', status: 404, message: /^No such image: nosuch/ },
      { path: '/v1.44/networks/nosuch', status: 404, message: /^network nosuch not found$/ },
      { path: '/v1.44/volumes/nosuch', status: 404, message: /^get nosuch: no such volume$/ },
      { path: '/v1.44/system/df?type=nosuch', status: 400, message: /unknown object type: nosuch/ },
    ])('GET $path is answered by $status and a sentence', async ({ path, status, message }) => {
      const answer = await engine.api('GET', path);
      expect(answer.status).toBe(status);
      expect(answer.json).toEqual({ message: expect.stringMatching(message) as string });
    });
  },
);
