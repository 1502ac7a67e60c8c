import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Visitor } from '../../../lib/preview/visitor';
import { publish } from '../../../scripts/machine/publish';
import { checkout } from '../../build/checkout';
import { type Engine, startEngine } from '../engine-fixture';
import { buildPlugin, buildStockPlugin, runPlugin } from './compose-plugin';

/** A server, and a client that starts when the server is healthy. */
const pair = `
name: pair
services:
  server:
    image: busybox
    command: sh -c 'echo "hello $$WORD" > /tmp/index.html; exec busybox httpd -f -p 80 -h /tmp'
    environment: { WORD: "\${WORD:-world}" }
    healthcheck: { test: wget -q -O /dev/null http://127.0.0.1/, interval: 1s }
    stop_signal: KILL
    volumes: ['kept:/kept', '/scratch']
    networks: { default: { aliases: [www] } }
  client:
    image: busybox
    command: wget -q -O - http://www/
    depends_on: { server: { condition: service_healthy } }
  debug:
    image: busybox
    profiles: [debug]
    command: 'true'
  job:
    image: busybox
    profiles: [job]
    stdin_open: true
    command: sh -c 'read line; echo "heard $$line"; exit 4'
volumes: { kept: {} }
`;

const ours = 'our plugin';
const stock = `Docker's own plugin`;
const plugins = [ours, stock] as const;

let engine: Engine;
let plugin: Awaited<ReturnType<typeof buildPlugin>>;
let paths: Record<(typeof plugins)[number], string>;
let folder: string;
beforeAll(async () => {
  plugin = await buildPlugin();
  paths = { [ours]: plugin.path, [stock]: await buildStockPlugin() };
  folder = await mkdtemp(join(tmpdir(), 'compose-project-'));
  await writeFile(join(folder, 'compose.yaml'), pair);
  engine = await startEngine();
  // The compiler may have to make all of both plugins first.
}, 900_000);
afterAll(async () => {
  engine.dispose();
  await plugin.discard();
  await rm(folder, { recursive: true, force: true });
});

for (const name of plugins) {
  describe(name, () => {
    const compose = (...argv: string[]) => runPlugin(paths[name], engine.port, folder, argv);

    /** The trimmed standard output of a command that must succeed. */
    async function tell(...argv: string[]): Promise<string> {
      const { code, stdout, stderr } = await compose(...argv);
      expect(code, `compose ${argv.join(' ')}: ${stderr}${stdout}`).toBe(0);
      return stdout.trim();
    }

    const list = async (path: string) => (await engine.api('GET', `/v1.44${path}`)).json;
    const idOf = (service: string) => tell('ps', '-q', '-a', service);
    const scratch = async () => {
      const { Mounts } = (await list(`/containers/${await idOf('server')}/json`)) as {
        Mounts: { Name: string; Destination: string }[];
      };
      return Mounts.find(({ Destination }) => Destination === '/scratch')?.Name;
    };

    test('up starts a service when the one it depends on is healthy', async () => {
      const { code, stderr } = await compose('up', '-d');
      expect(code, stderr).toBe(0);
      const steps = [
        'Network pair_default  Created',
        'Container pair-server-1  Healthy',
        'Container pair-client-1  Started',
      ];
      const places = steps.map((step) => stderr.indexOf(step));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
      await engine.api('POST', '/v1.44/containers/pair-client-1/wait');
      expect(await tell('logs', '--no-log-prefix', 'client')).toBe('hello world');
      expect(await tell('logs', 'client')).toMatch(/^client-1\s+\| hello world$/);
    });

    test('containers have the labels by which a project is found', async () => {
      const { Config } = (await list('/containers/pair-server-1/json')) as {
        Config: { Labels: Record<string, string> };
      };
      expect(Config.Labels).toMatchObject({
        'com.docker.compose.project': 'pair',
        'com.docker.compose.service': 'server',
        'com.docker.compose.container-number': '1',
        'com.docker.compose.oneoff': 'False',
        'com.docker.compose.project.working_dir': folder,
        'com.docker.compose.project.config_files': join(folder, 'compose.yaml'),
        'com.docker.compose.config-hash': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      });
    });

    test('a second up leaves what runs alone; a changed service is made anew and keeps its volumes', async () => {
      const [before, volume] = [await idOf('server'), await scratch()];
      await tell('up', '-d', 'server');
      expect(await idOf('server')).toBe(before);
      await writeFile(join(folder, '.env'), 'WORD=again\n');
      expect((await compose('up', '-d')).stderr).toContain('Container pair-server-1  Recreated');
      expect(await idOf('server')).not.toBe(before);
      expect(await scratch()).toBe(volume);
      await engine.api('POST', '/v1.44/containers/pair-client-1/wait');
      expect(await tell('logs', '--no-log-prefix', 'client')).toMatch(/hello again$/);
      await rm(join(folder, '.env'));
    });

    test('exec and run pass output, input and exit codes on', async () => {
      const ran = await compose('exec', '-T', 'server', 'sh', '-c', 'echo out; echo err >&2; exit 3');
      expect(ran).toMatchObject({ code: 3, stdout: 'out\n' });
      expect(ran.stderr).toContain('err\n');
      const fed = await runPlugin(
        paths[name],
        engine.port,
        folder,
        ['exec', '-T', 'server', 'wc', '-l'],
        'one\ntwo\n',
      );
      expect(fed).toMatchObject({ code: 0, stdout: '2\n' });
      const once = await compose(
        'run',
        '--rm',
        '-T',
        'client',
        'sh',
        '-c',
        'wget -q -O - http://server/; exit 4',
      );
      expect(once).toMatchObject({ code: 4, stdout: 'hello world\n' });
      expect(await tell('ps', '-a', '--services')).not.toContain('run');
    });

    test('scale adds containers and takes the last away', async () => {
      await tell('up', '-d', '--scale', 'server=3', 'server');
      expect((await tell('ps', '-q', 'server')).split('\n')).toHaveLength(3);
      await tell('up', '-d', '--scale', 'server=1', 'server');
      const left = (await tell('ps', '--format', 'json', 'server'))
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(left).toMatchObject([
        { Name: 'pair-server-1', Service: 'server', State: 'running', Project: 'pair' },
      ]);
    });

    test('stop, start and restart keep the container', async () => {
      const id = await idOf('server');
      await tell('stop', 'server');
      expect(await tell('ps', '-q', 'server')).toBe('');
      await tell('start', 'server');
      await tell('restart', 'server');
      expect(await tell('ps', '-q', 'server')).toBe(id);
      expect(await tell('top', 'server')).toContain('httpd');
    });

    test('pause and unpause, cp both ways, and events of it all', async () => {
      const since = await engine.host('date +%s');
      await tell('pause', 'server');
      expect(await tell('ps', '--status', 'paused', '--services')).toBe('server');
      await tell('unpause', 'server');
      await writeFile(join(folder, 'note'), 'from here\n');
      await tell('cp', join(folder, 'note'), 'server:/tmp/renamed');
      expect(await tell('exec', '-T', 'server', 'cat', '/tmp/renamed')).toBe('from here');
      await tell('cp', 'server:/tmp/renamed', join(folder, 'back'));
      expect(await readFile(join(folder, 'back'), 'utf8')).toBe('from here\n');
      const until = String(Number(await engine.host('date +%s')) + 1);
      // Docker's own takes the end of the stream for an error, with any engine.
      const { stdout } = await compose('events', '--json', '--since', since, '--until', until, 'server');
      const told = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { action: string; service: string; attributes: object });
      expect(told.map(({ action }) => action)).toEqual(expect.arrayContaining(['pause', 'unpause']));
      expect(told.every(({ service }) => service === 'server')).toBe(true);
      expect(Object.keys(told[0]?.attributes ?? {}).join()).not.toContain('com.docker.compose');
    });

    test('create, kill, rm and ls; ports and images are told', async () => {
      await tell('kill', 'server');
      expect(await tell('ps', '-a', '--format', 'json', 'server')).toContain('"ExitCode":137');
      await tell('rm', '-f', 'server');
      expect(await tell('ps', '-a', '-q', 'server')).toBe('');
      await tell('create', 'server');
      expect(await tell('ps', '-a', '--status', 'created', '--services')).toBe('server');
      await tell('start', 'server');
      expect(JSON.parse(await tell('ls', '--format', 'json'))).toMatchObject([
        { Name: 'pair', Status: expect.stringContaining('running(1)') as string },
      ]);
      expect(await tell('images', 'server')).toMatch(
        /pair-server-1 +busybox +latest +(linux\/386 +)?[0-9a-f]{12}/,
      );
      expect((await compose('port', 'server', '80')).code).toBe(1);
      expect(await tell('version', '--short')).toMatch(/^v?\d+\.\d+\.\d+/);
    });

    test('wait and attach stay until the end, stats and volumes tell what there is', async () => {
      await tell('--profile', 'job', 'up', '-d', 'job');
      // The engine's own count of who speaks to it: what waits is there before what ends its waiting.
      const callers = async () => Number(await engine.host('grep -c docker.sock /proc/net/unix'));
      const before = await callers();
      const waiting = compose('wait', 'job');
      while ((await callers()) <= before);
      expect(await tell('stats', '--no-stream', '--format', '{{.Name}}', 'job')).toBe('pair-job-1');
      const attached = await runPlugin(paths[name], engine.port, folder, ['attach', 'job'], 'a word\n');
      expect(attached, attached.stderr).toMatchObject({ code: 4, stdout: 'heard a word\n' });
      const waited = await waiting;
      expect(waited.code, waited.stderr).toBe(4);
      expect((await compose('attach', 'job')).code).toBe(1);
      await tell('rm', '-f', 'job');
      expect(await tell('volumes', '--format', 'json')).toMatch(/^\{.*"Name":"pair_kept".*\}$/);
      expect(await tell('volumes', '-q', 'client')).toBe('');
    });

    test('a service in a profile is there when the profile is', async () => {
      expect((await tell('config', '--services')).split('\n').sort()).toEqual(['client', 'server']);
      expect((await tell('--profile', 'debug', 'config', '--services')).split('\n')).toContain('debug');
    });

    test('down -v leaves nothing behind', async () => {
      await tell('down', '-v');
      const wanted = `filters=${encodeURIComponent(JSON.stringify({ label: ['com.docker.compose.project=pair'] }))}`;
      expect(await list(`/containers/json?all=1&${wanted}`)).toEqual([]);
      expect(await list(`/networks?${wanted}`)).toEqual([]);
      expect(await list(`/volumes?${wanted}`)).toMatchObject({ Volumes: [] });
    });
  });
}

describe('both plugins on one project', () => {
  test.each([
    { first: ours, second: stock },
    { first: stock, second: ours },
  ])('$second goes on with what $first made', async ({ first }) => {
    const [one, two] = first === ours ? [paths[ours], paths[stock]] : [paths[stock], paths[ours]];
    const compose = (path: string, ...argv: string[]) => runPlugin(path, engine.port, folder, argv);
    expect((await compose(one, 'up', '-d')).code).toBe(0);
    const listed = (await compose(one, 'ps', '-a', '-q')).stdout.split('\n').sort();
    expect((await compose(two, 'ps', '-a', '-q')).stdout.split('\n').sort()).toEqual(listed);
    expect((await compose(two, 'stop')).code).toBe(0);
    expect((await compose(two, 'down', '-v')).code).toBe(0);
    expect((await compose(one, 'ps', '-a', '-q')).stdout).toBe('');
  });
});

describe.each(plugins)('the page counter, by %s', (name) => {
  test('counts its visits, and goes on where it was after down and up', async () => {
    const file = join(checkout, 'images/containers/page-counter/compose.yaml');
    const compose = async (...argv: string[]) => {
      const { code, stdout, stderr } = await runPlugin(paths[name], engine.port, folder, [
        '-f',
        file,
        ...argv,
      ]);
      expect(code, `compose ${argv.join(' ')}: ${stderr}${stdout}`).toBe(0);
      return stdout.trim();
    };
    /** What the page says through the port that is published, when it is there. */
    const visit = async () => {
      const page = await engine.host('until wget -q -O - http://127.0.0.1:8080/; do sleep 0.1; done');
      return Number(/seen (\d+) time/.exec(page)?.[1]);
    };
    await compose('up', '-d');
    const first = await visit();
    expect([await visit(), await visit()]).toEqual([first + 1, first + 2]);
    expect(await compose('port', 'web', '80')).toBe('0.0.0.0:8080');
    // As `npm run machine -- --publish 0:8080` leads there, and as the page's preview does.
    const target = { type: 'tcp', port: 8080 } as const;
    const published = await publish(engine.guest, { hostPort: 0, target }, () => {});
    const page = await fetch(`http://127.0.0.1:${published.port}/`);
    expect(await page.text()).toContain(`seen ${first + 3} times`);
    published.dispose();
    const visitor = new Visitor(() => ({ guest: engine.guest }), Date.now);
    const request = { method: 'GET', url: new URL('http://host.twinhull:8080/'), fields: [] };
    const shown = await visitor.ask(request, 10_000, new AbortController().signal);
    expect(new TextDecoder().decode(shown.body)).toContain(`seen ${first + 4} times`);
    expect((await compose('ps', '--services')).split('\n').sort()).toEqual(['redis', 'web']);
    await compose('down');
    await compose('up', '-d');
    expect(await visit()).toBe(first + 5);
    await compose('down', '-v', '--rmi', 'all');
  });
});
