import { HullError, messageOf } from '@/lib/base/hull-error';
import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { ExitStatus, GuestPty } from '@/lib/guest/guest';
import { PtySource } from '../console/pty-source';

export const laneNames = ['machine', 'container'] as const;
export type LaneName = (typeof laneNames)[number];

/** What stands in a lane. Whatever becomes of one lane, the other goes on. */
export type LaneState =
  | { type: 'starting' }
  /** `run` counts the lane's shells: another number is another shell. */
  | { type: 'up'; shell: PtySource; run: number }
  /** The shell or the container is gone; the machine below it runs. */
  | { type: 'ended'; error: HullError }
  /** The machine below it is gone. */
  | { type: 'down'; error: HullError };

/** A shell on the page, and what became of it. */
export class Lane implements Disposable {
  private readonly store = new Store<LaneState>({ type: 'starting' });
  private runs = 0;

  readonly state: ReadonlyStore<LaneState> = this.store;

  /** @param name @param onEnded after a shell has ended by itself */
  constructor(
    readonly name: LaneName,
    private readonly onEnded: () => void,
  ) {}

  write(bytes: Uint8Array): void {
    const state = this.store.get();
    if (state.type === 'up') state.shell.write(bytes);
  }

  /** Takes the shell over once it prompts. One that ends before is a failure, with what it said. */
  async open(pty: GuestPty): Promise<void> {
    const shell = new PtySource(pty);
    try {
      await prompt(shell, pty);
    } catch (error) {
      shell.dispose();
      throw error;
    }
    this.store.set({ type: 'up', shell, run: ++this.runs });
    pty.exit.then(
      (status) => this.end(shell, howItEnded(status)),
      (cause: unknown) => this.end(shell, messageOf(cause)),
    );
  }

  /** Ends the shell; another one is on its way. */
  close(): void {
    const state = this.store.get();
    this.store.set({ type: 'starting' });
    if (state.type === 'up') state.shell.dispose();
  }

  fail(type: 'ended' | 'down', cause: unknown): void {
    this.close();
    this.store.set({ type, error: asHullError(cause) });
  }

  dispose(): void {
    this.close();
  }

  private end(shell: PtySource, how: string): void {
    const state = this.store.get();
    if (state.type !== 'up' || state.shell !== shell) return;
    this.fail(
      'ended',
      new HullError('ended', `The ${this.name}’s shell has ended: ${how}.`, 'Open another one.'),
    );
    this.onEnded();
  }
}

async function prompt(shell: PtySource, pty: GuestPty): Promise<void> {
  let said = '';
  const decoder = new TextDecoder();
  const stack = new DisposableStack();
  try {
    await new Promise<void>((resolve, reject) => {
      stack.add(
        shell.onOutput((bytes) => {
          said += decoder.decode(bytes, { stream: true });
          if (said.includes('# ')) resolve();
        }),
      );
      pty.exit.then(
        () => reject(new HullError('no-shell', `It ended at once. ${said.trim()}`, 'Start it again.')),
        reject,
      );
    });
  } finally {
    stack.dispose();
  }
}

function howItEnded(status: ExitStatus): string {
  return status.type === 'exited' ? `exit status ${status.code}` : `signal ${status.signal}`;
}

function asHullError(cause: unknown): HullError {
  if (cause instanceof HullError) return cause as HullError;
  return new HullError('failed', messageOf(cause), 'Start it again.', { cause });
}
