import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeParts } from '../../lib/fleet/node-parts';
import { web } from '../../lib/fleet/profiles';
import { startHost } from '../../lib/fleet/start-machine';
import { connectGuest } from '../../lib/guest/connect-guest';
import type { Guest, GuestProcess } from '../../lib/guest/guest';
import type { Machine } from '../../lib/machine/machine';
import { createNodeMachine } from '../../lib/machine/node-platform';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let machine: Machine;
let guest: Guest;
beforeAll(async () => {
  ({ machine, guest } = await startHost(nodeParts, 'snapshot'));
});
afterAll(() => machine.dispose());

async function who(of: Guest, host: string): Promise<unknown> {
  const socket = await of.connect({ type: 'tcp', host, port: 80 });
  let answer = '';
  socket.onData((bytes) => (answer += text(bytes)));
  await socket.write(new TextEncoder().encode('GET /who.json HTTP/1.1\r\nConnection: close\r\n\r\n'));
  await socket.ended;
  socket.dispose();
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as unknown;
}

function firstLine(process: GuestProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const take = (bytes: Uint8Array) => {
      said += text(bytes);
      if (said.includes('\n')) resolve(said.trim());
    };
    process.onStdout(take);
    process.onStderr(take);
    process.exit.then(() => reject(new Error(`it ended and said: ${said}`)), reject);
  });
}

test('the web bundle serves from its own address, as process 1 of a host of its own name', async () => {
  const bundle = '/var/lib/twinhull/bundles/web';
  const container = guest.exec({ argv: ['hullrun', 'run', '--bundle', bundle, 'web-test'] });
  try {
    expect(await firstLine(container)).toBe('hullweb: process 1 listens on port 80');
    expect(await who(guest, '172.17.255.2')).toMatchObject({ hostname: 'web', pid: 1 });
  } finally {
    await guest.run({ argv: ['hullrun', 'kill', 'web-test', 'KILL'] });
    await container.exit;
    await guest.run({ argv: ['hullrun', 'delete', '--force', 'web-test'] });
  }
});

test('the busybox bundle runs a shell that sees nothing of the host', async () => {
  const argv = ['hullrun', 'run', '--bundle', '/var/lib/twinhull/bundles/busybox', 'busybox-test'] as const;
  const pty = await guest.openPty({ argv, rows: 24, columns: 80 });
  let said = '';
  pty.onData((bytes) => (said += text(bytes)));
  await pty.write(
    new TextEncoder().encode('echo $(hostname) $(ls /proc | grep -c "^[0-9]"); ls /var; exit\n'),
  );
  expect(await pty.exit).toMatchObject({ type: 'exited' });
  expect(said).toMatch(/^busybox [2-5]\r$/m);
  expect(said).not.toContain('bundles');
});

test('the web machine serves the same program, as a process of its own kernel', async () => {
  const own = createNodeMachine(web);
  try {
    await own.powerOn({ type: 'cold' });
    const answer = await who(await connectGuest(own.openAgent()), '127.0.0.1');
    expect(answer).toMatchObject({ hostname: 'web', kernel: expect.stringContaining('twinhull') as string });
    expect((answer as { pid: number }).pid).toBeGreaterThan(1);
  } finally {
    own.dispose();
  }
});
