import { messageOf } from '@/lib/base/hull-error';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { ExitStatus, Guest } from '@/lib/guest/guest';
import { PtySource } from '../console/pty-source';

export type ShellState = { type: 'open' } | { type: 'ended'; how: string };

/** What runs in the terminal of a shell, and what its tab is called. */
export interface ShellProgram {
  label: string;
  argv: readonly [string, ...string[]];
}

/** A shell beside the console's, on a PTY of the agent's. */
export interface Shell {
  readonly id: number;
  readonly label: string;
  readonly source: PtySource;
  readonly state: ReadonlyStore<ShellState>;
}

export function loginShell(id: number): ShellProgram {
  return { label: `Shell ${id}`, argv: ['/bin/sh', '-l'] };
}

export function shellInContainer({ id, name }: { id: string; name: string }): ShellProgram {
  return { label: `In ${name}`, argv: ['docker', 'exec', '-it', id, 'sh'] };
}

export async function openShell(guest: Guest, id: number, { label, argv }: ShellProgram): Promise<Shell> {
  const pty = await guest.openPty({
    argv,
    env: { TERM: 'xterm-256color' },
    cwd: '/root',
    // Until the terminal has been laid out and says its own.
    rows: 24,
    columns: 80,
  });
  const state = new Store<ShellState>({ type: 'open' });
  const end = (how: string) => state.set({ type: 'ended', how });
  pty.exit.then(
    (status) => end(howItEnded(status)),
    (cause: unknown) => end(messageOf(cause)),
  );
  return { id, label, source: new PtySource(pty), state };
}

function howItEnded(status: ExitStatus): string {
  return status.type === 'exited' ? `exit status ${status.code}` : `signal ${status.signal}`;
}
