import type { Guest } from '../../lib/guest/guest';
import type { OnTerminal, Ran } from './stock-client';

/** Our own client in the guest, on a terminal of 24 rows and 80 columns. */
export async function ownClientOnTerminal(guest: Guest, ...argv: string[]): Promise<OnTerminal> {
  const pty = await guest.openPty({ argv: ['docker', ...argv], rows: 24, columns: 80 });
  const text = new TextDecoder();
  const listeners = new Set<() => void>();
  let seen = '';
  pty.onData((bytes) => {
    seen += text.decode(bytes, { stream: true });
    for (const listener of listeners) listener();
  });
  const exit = pty.exit.then((status): Ran => {
    const code = status.type === 'exited' ? status.code : 128 + status.signal;
    return { code, stdout: seen, stderr: '' };
  });
  return {
    exit,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(seen)) return;
          listeners.delete(look);
          resolve(seen);
        };
        listeners.add(look);
        look();
        exit.then(({ code }) => {
          look();
          reject(new Error(`docker ${argv.join(' ')} ended with ${code} and said ${seen}`));
        }, reject);
      }),
    write: (typed) => void pty.write(new TextEncoder().encode(typed)),
    resize: (rows, columns) => Promise.resolve(pty.resize({ rows, columns })),
    kill: (signal) => void pty.kill(signals[signal] ?? 0),
    dispose: () => pty.dispose(),
  };
}

/** signal(7) of i386, as far as tests send them. */
const signals: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
