import { mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';
import { writeTar } from './tar-archive';

// Files of containers: cp both ways, diff, export, commit, import, and what they take on disk.
describe.skipIf(withoutDocker)(`files of containers${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engine-files-'));
    engine = await startEngine();
    await engine.tell(
      'run',
      '-d',
      '--name',
      'runs',
      '-v',
      'data:/data',
      '--tmpfs',
      '/t',
      'busybox',
      'sleep',
      '1000',
    );
    await engine.tell('create', '--name', 'stands', '-v', 'data:/data', '-v', 'data:/fixed:ro', 'busybox');
    await engine.tell('create', '--name', 'read-only', '--read-only', 'busybox');
    const make =
      'mkdir -p /made/inner && echo one > /made/one && echo two > /made/inner/two && chmod 600 /made/one && ' +
      'ln -s /etc/passwd /made/out && ln -s inner /made/in && echo kept > /data/kept';
    await engine.tell('exec', 'runs', 'sh', '-c', make);
  });
  afterAll(async () => {
    engine.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  const here = (name: string) => join(folder, name);

  test.each(['runs', 'stands'])('cp into a container that %s, and out again', async (name) => {
    await writeFile(here('note'), 'from here\n');
    expect(await engine.docker('cp', here('note'), `${name}:/tmp/renamed`)).toMatchObject({ code: 0 });
    await engine.tell('cp', `${name}:/tmp/renamed`, here(`back-${name}`));
    expect(await readFile(here(`back-${name}`), 'utf8')).toBe('from here\n');
  });

  test.each(['runs', 'stands'])('cp sees the volumes of a container that %s', async (name) => {
    await engine.tell('cp', `${name}:/data/kept`, here(`kept-${name}`));
    expect(await readFile(here(`kept-${name}`), 'utf8')).toBe('kept\n');
  });

  test('cp of a directory takes the directory, with /. its contents', async () => {
    await engine.tell('cp', 'runs:/made', here('whole'));
    expect(await readFile(here('whole/inner/two'), 'utf8')).toBe('two\n');
    await engine.tell('cp', 'runs:/made/.', here('contents'));
    expect(await readFile(here('contents/one'), 'utf8')).toBe('one\n');
    await engine.tell('cp', 'runs:/made', folder);
    expect(await readFile(here('made/one'), 'utf8')).toBe('one\n');
  });

  test('cp takes a link as a link, with -L what it leads to, and follows one on the way', async () => {
    await engine.tell('cp', 'runs:/made/out', here('link'));
    expect(await readlink(here('link'))).toBe('/etc/passwd');
    await engine.tell('cp', '-L', 'runs:/made/out', here('target'));
    expect(await readFile(here('target'), 'utf8')).toMatch(/^root:x:0:0:/);
    await engine.tell('cp', 'runs:/made/in/two', here('through'));
    expect(await readFile(here('through'), 'utf8')).toBe('two\n');
  });

  test('cp to a link that leads out stays in the container', async () => {
    await engine.tell('exec', 'runs', 'ln', '-sf', '/../../../../var', '/escape');
    await writeFile(here('escapes'), 'x');
    await engine.tell('cp', here('escapes'), 'runs:/escape/');
    expect(await engine.tell('exec', 'runs', 'cat', '/var/escapes')).toBe('x');
    expect(await engine.host('ls /var')).not.toContain('escapes');
  });

  test('cp streams archives with -', async () => {
    const archive = writeTar([{ name: 'streamed', mode: 0o640, content: new TextEncoder().encode('tar\n') }]);
    expect(await engine.feed(archive, 'cp', '-', 'runs:/tmp')).toMatchObject({ code: 0 });
    expect(await engine.tell('exec', 'runs', 'stat', '-c', '%a %u', '/tmp/streamed')).toBe('640 0');
    const { stdout } = await engine.docker('cp', 'runs:/tmp/streamed', '-');
    expect(stdout).toContain('tar\n');
    expect(stdout).toContain('ustar');
  });

  test.each([
    {
      argv: ['runs:/nosuch', '.'],
      stderr:
        /Could not find the file \/nosuch in container [0-9a-f]{64}|Could not find the file \/nosuch in container runs/,
    },
    { argv: ['nosuch:/etc', '.'], stderr: /No such container: nosuch/ },
    { argv: ['/etc/hostname', 'read-only:/tmp/'], stderr: /container rootfs is marked read-only/ },
    { argv: ['/etc/hostname', 'stands:/fixed/'], stderr: /marked read-only/ },
    {
      argv: ['/etc/hostname', 'runs:/no/such/'],
      stderr: /Could not find the file \/no\/such|no such directory/,
    },
  ])('cp $argv is refused', async ({ argv, stderr }) => {
    const ran = await engine.docker('cp', ...argv);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(stderr);
  });

  test('the API describes a path in a header', async () => {
    const answer = await engine.api('HEAD', '/v1.44/containers/runs/archive?path=/made/in');
    expect(answer.status).toBe(200);
    const header = String(answer.headers['x-docker-container-path-stat']);
    expect(JSON.parse(Buffer.from(header, 'base64').toString())).toMatchObject({
      name: 'in',
      linkTarget: '/made/inner',
    });
    expect(await engine.api('HEAD', '/v1.44/containers/runs/archive?path=/nosuch')).toMatchObject({
      status: 404,
    });
    expect(await engine.api('GET', '/v1.44/containers/runs/archive')).toMatchObject({ status: 400 });
    expect(
      await engine.api('PUT', '/v1.44/containers/runs/archive?path=/made/one', writeTar([])),
    ).toMatchObject({
      status: 400,
      json: { message: 'extraction point is not a directory' },
    });
  });

  test('what a hostile archive names stays in the container, or is refused', async () => {
    const content = new TextEncoder().encode('x');
    const answer = await engine.api(
      'PUT',
      '/v1.44/containers/runs/archive?path=/tmp',
      writeTar([{ name: '../../../../tmp/hostile', mode: 0o644, content }]),
    );
    expect(answer.status).toBe(400);
    expect(await engine.host('ls /tmp')).not.toContain('hostile');
  });

  test('diff tells what was added, changed and removed', async () => {
    await engine.tell(
      'run',
      '--name',
      'differs',
      'busybox',
      'sh',
      '-c',
      'echo a > /etc/added; echo b >> /etc/group; rm /etc/passwd',
    );
    const lines = (await engine.tell('diff', 'differs')).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining(['C /etc', 'A /etc/added', 'C /etc/group', 'D /etc/passwd']),
    );
    expect(await engine.tell('diff', 'read-only')).toBe('');
  });

  test('export and import make an image of one layer', async () => {
    await engine.tell('export', '-o', here('exported.tar'), 'differs');
    const id = await engine.tell(
      'import',
      '-c',
      'CMD ["cat", "/etc/added"]',
      '-m',
      'flat',
      here('exported.tar'),
      'flat:1',
    );
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await engine.tell('run', '--rm', 'flat:1')).toBe('a');
    expect(await engine.tell('history', '--format', '{{.Comment}}', 'flat:1')).toBe('flat');
    expect(await engine.tell('image', 'inspect', '-f', '{{len .RootFS.Layers}}', 'flat:1')).toBe('1');
  });

  test('commit keeps changes and configuration, and --change alters it', async () => {
    const id = await engine.tell(
      'commit',
      '-a',
      'me',
      '-m',
      'note',
      '-c',
      'ENV A=1',
      '-c',
      'CMD cat /etc/added',
      'differs',
      'kept:2',
    );
    expect(await engine.tell('run', '--rm', 'kept:2')).toBe('a');
    const [found] = JSON.parse(await engine.tell('inspect', id)) as [Record<string, unknown>];
    expect(found).toMatchObject({ RepoTags: ['kept:2'], Author: 'me', Comment: 'note' });
    expect(found.Config).toMatchObject({
      Env: expect.arrayContaining(['A=1']) as unknown,
      Cmd: ['/bin/sh', '-c', 'cat /etc/added'],
    });
    expect(await engine.tell('commit', 'runs')).toMatch(/^sha256:/);
    expect(await engine.tell('inspect', '-f', '{{.State.Status}}', 'runs')).toBe('running');
  });

  test('system df counts images, containers and volumes', async () => {
    const rows = (
      await engine.tell('system', 'df', '--format', '{{.Type}} {{.TotalCount}} {{.Active}}')
    ).split('\n');
    expect(rows).toContain('Local Volumes 1 1');
    expect(rows.find((row) => row.startsWith('Containers'))).toMatch(/^Containers 4 1$/);
    expect(rows.find((row) => row.startsWith('Images'))).toMatch(/^Images [1-9]\d* [1-9]/);
    const told = await engine.tell('system', 'df', '-v');
    expect(told).toMatch(/^data +2 +5B$/m);
    expect(told).toMatch(/^busybox +latest /m);
  });

  test('links made here arrive as links', async () => {
    await symlink('nowhere', here('dangles'));
    await engine.tell('cp', here('dangles'), 'runs:/tmp/');
    expect(await engine.tell('exec', 'runs', 'readlink', '/tmp/dangles')).toBe('nowhere');
  });
});
