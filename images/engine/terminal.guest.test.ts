import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';
import { ownClientOnTerminal } from './own-client';
import { localSocket } from './local-socket';
import { followOnTerminal, type OnTerminal } from './stock-client';

// People at a terminal: run, exec and attach with -it, with the stock client on this computer and with ours in the guest.
describe.skipIf(withoutDocker)(`terminals${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  // Over TCP the stock client does not detach: it looks for its reader's error, which Go's TCP connections wrap.
  let socket: Awaited<ReturnType<typeof localSocket>>;
  beforeAll(async () => {
    engine = await startEngine();
    socket = await localSocket(engine.port);
  });
  afterAll(async () => {
    await socket.dispose();
    engine.dispose();
  });

  const clients = {
    'the stock client': (...argv: string[]) =>
      Promise.resolve(followOnTerminal(`unix://${socket.path}`, argv)),
    'our client': (...argv: string[]) => ownClientOnTerminal(engine.guest, ...argv),
  };
  const everyClient = Object.entries(clients).map(([name, start], index) => ({ name, start, index }));

  describe.each(everyClient)('$name', ({ start, index }) => {
    test('run -it is a shell that ends as it says', async () => {
      const shell = await start('run', '--rm', '-it', 'busybox', 'sh');
      await shell.until(/# /);
      shell.write('tty; echo $((6 * 7)) $TERM\n');
      expect(await shell.until(/42/)).toMatch(/\/dev\/pts\/0\r\n42 xterm/);
      shell.write('exit 6\n');
      expect((await shell.exit).code).toBe(6);
    });

    test('exec -it is a second terminal of the same container', async () => {
      const name = `holds-${index}`;
      await engine.tell('run', '-dt', '--name', name, 'busybox', 'sleep', '1000');
      const shell = await start('exec', '-it', name, 'sh');
      await shell.until(/# /);
      shell.write('tty; exit 4\n');
      expect(await shell.exit).toMatchObject({
        code: 4,
        stdout: expect.stringContaining('/dev/pts/1') as string,
      });
    });

    test.each([['run'], ['exec']])('the terminal of %s has the size of the client’s', async (how) => {
      const container = `sized-${index}-${how}`;
      if (how === 'exec') await engine.tell('run', '-d', '--name', container, 'busybox', 'sleep', '1000');
      const shell = await (how === 'exec'
        ? start('exec', '-it', container, 'sh')
        : start('run', '--rm', '-it', 'busybox', 'sh'));
      await shell.until(/# /);
      await hasSize(shell, '24 80', 'first');
      await shell.resize(31, 101);
      await hasSize(shell, '31 101', 'second');
      shell.write('exit\n');
      expect((await shell.exit).code).toBe(0);
    });

    test.each([
      { keys: [], typed: '\x10\x11' },
      { keys: ['--detach-keys', 'ctrl-x,y'], typed: '\x18y' },
    ])('keys detach $keys, and attach goes on', async ({ keys, typed }) => {
      const name = `left-${index}-${keys.length}`;
      const shell = await start('run', '-it', '--name', name, ...keys, 'busybox', 'sh');
      await shell.until(/# /);
      // The beginning of the keys alone is typed as any other.
      shell.write(`a=${typed[0]}\x15b=7; echo "s"et\n`);
      await shell.until(/^set\r/m);
      shell.write(typed);
      expect((await shell.exit).code).toBe(0);
      expect(await engine.tell('inspect', '-f', '{{.State.Running}}', name)).toBe('true');
      const again = await start('attach', ...keys, name);
      again.write('echo $((b * 6))\n');
      await again.until(/^42\r/m);
      again.write('exit 3\n');
      expect((await again.exit).code).toBe(3);
    });

    test('keys detach from an exec, which goes on', async () => {
      const name = `exec-left-${index}`;
      await engine.tell('run', '-d', '--name', name, 'busybox', 'sleep', '1000');
      const shell = await start('exec', '-it', name, 'sh');
      await shell.until(/# /);
      shell.write('echo "h"ere; exec sleep 4321\n');
      await shell.until(/^here\r/m);
      shell.write('\x10\x11');
      expect((await shell.exit).stdout).toMatch(/read escape sequence/);
      const goesOn = 'until ps | grep -q "[s]leep 4321"; do usleep 10000; done; echo yes';
      expect(await engine.tell('exec', name, 'sh', '-c', goesOn)).toBe('yes');
    });

    test('ctrl-c reaches the program, and not the client', async () => {
      const shell = await start('run', '--rm', '-it', 'busybox', 'sh');
      await shell.until(/# /);
      shell.write('echo be"fore"; sleep 1000; echo $?\n');
      await shell.until(/before/);
      shell.write('\x03');
      shell.write('exit 5\n');
      expect((await shell.exit).code).toBe(5);
    });
  });

  test('the engine itself finds the keys, whatever came before them, and leaves the container running', async () => {
    await engine.tell('run', '-dit', '--name', 'plain', 'busybox', 'sh');
    const socket = await engine.guest.connect({ type: 'unix', path: '/run/docker.sock' });
    const query = 'stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,b';
    const head = `POST /containers/plain/attach?${query} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
    await socket.write(new TextEncoder().encode(`${head}touch /typed\n\x01\x01b`));
    await socket.ended;
    socket.dispose();
    expect(await engine.tell('inspect', '-f', '{{.State.Running}}', 'plain')).toBe('true');
    expect(
      await engine.tell('exec', 'plain', 'sh', '-c', 'until [ -e /typed ]; do usleep 10000; done; echo yes'),
    ).toBe('yes');
    const refused = await engine.api('POST', '/containers/plain/attach?stream=1&detachKeys=ctrl-1');
    expect(refused).toMatchObject({
      status: 400,
      json: { message: "Invalid detach keys (ctrl-1) provided: Unknown character: 'ctrl-1'" },
    });
  });

  const heeds = 'trap "echo got $s; exit 9" TERM INT; echo up; while :; do usleep 50000; done';
  test.each([{ signal: 'SIGTERM' as const }, { signal: 'SIGINT' as const }])(
    '$signal to a client without terminal reaches its container',
    async ({ signal }) => {
      const stock = engine.follow('run', '--rm', 'busybox', 'sh', '-c', heeds);
      await stock.until(/up/);
      stock.kill(signal);
      expect(await stock.exit).toMatchObject({ code: 9, stdout: expect.stringMatching(/got/) as string });

      const own = engine.guest.exec({ argv: ['docker', 'run', '--rm', 'busybox', 'sh', '-c', heeds] });
      await new Promise((resolve) => own.onStdout(resolve));
      await own.kill(signal === 'SIGTERM' ? 15 : 2);
      expect(await own.exit).toEqual({ type: 'exited', code: 9 });
    },
  );

  test('with --sig-proxy=false the client goes, and the container goes on', async () => {
    const argv = [
      'docker',
      'run',
      '--sig-proxy=false',
      '--name',
      'unmoved',
      'busybox',
      'sh',
      '-c',
      heeds,
    ] as const;
    const own = engine.guest.exec({ argv });
    await new Promise((resolve) => own.onStdout(resolve));
    await own.kill(15);
    expect(await own.exit).toEqual({ type: 'signaled', signal: 15 });
    expect(await engine.tell('inspect', '-f', '{{.State.Running}}', 'unmoved')).toBe('true');
  });
});

/** Waits in the shell until its terminal has the size. */
async function hasSize(shell: OnTerminal, size: string, word: string): Promise<void> {
  shell.write(`until [ "$(stty size)" = "${size}" ]; do usleep 20000; done; echo "${word}" it is\n`);
  await shell.until(new RegExp(`^${word} it is\r`, 'm'));
}
