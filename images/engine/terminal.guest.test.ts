import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';

// People at a terminal: run and exec with -it.
describe.skipIf(withoutDocker)(`terminals${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.dispose());

  test('run -it is a shell that ends as it says', async () => {
    const shell = engine.onTerminal('run', '--rm', '-it', 'busybox', 'sh');
    await shell.until(/# /);
    shell.write('tty; echo $((6 * 7)) $TERM\n');
    expect(await shell.until(/42/)).toMatch(/\/dev\/pts\/0\r\n42 xterm/);
    shell.write('exit 6\n');
    expect((await shell.exit).code).toBe(6);
  });

  test('exec -it is a second terminal of the same container', async () => {
    await engine.tell('run', '-dt', '--name', 'holds', 'busybox', 'sleep', '1000');
    const shell = engine.onTerminal('exec', '-it', 'holds', 'sh');
    await shell.until(/# /);
    shell.write('tty; exit 4\n');
    expect(await shell.exit).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('/dev/pts/1') as string,
    });
  });
});
