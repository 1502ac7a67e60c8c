import { type Disposable, toDisposable } from '../../lib/base/lifecycle';

export function terminalSize(): { rows: number; columns: number } {
  return { rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 };
}

/** Every key goes to the guest, Ctrl-C too, until disposed of. */
export function rawTerminal(): Disposable {
  process.stdin.setRawMode(true);
  return toDisposable(() => process.stdin.setRawMode(false));
}
