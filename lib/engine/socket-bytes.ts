import { DisposableStack, toDisposable } from '../base/lifecycle';
import type { GuestSocket } from '../guest/guest';

type Ending = { type: 'closed' } | { type: 'failed'; cause: unknown };

/** What a socket sends, one portion at a time: the guest waits while its reader does. Owns the socket. */
export async function* socketBytes(socket: GuestSocket, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stack = new DisposableStack();
  stack.add(socket);
  const waiting: Uint8Array[] = [];
  let ending: Ending | undefined;
  let wake = () => {};
  const end = (how: Ending) => {
    ending ??= how;
    wake();
  };
  try {
    const onAbort = () => end({ type: 'failed', cause: signal.reason });
    signal.addEventListener('abort', onAbort);
    stack.add(toDisposable(() => signal.removeEventListener('abort', onAbort)));
    stack.add(
      socket.onData((bytes) => {
        waiting.push(bytes);
        socket.pause();
        wake();
      }),
    );
    socket.ended.then(
      () => end({ type: 'closed' }),
      (cause: unknown) => end({ type: 'failed', cause }),
    );
    for (;;) {
      signal.throwIfAborted();
      const bytes = waiting.shift();
      if (bytes) {
        yield bytes;
        socket.resume();
      } else if (ending) {
        if (ending.type === 'failed') throw ending.cause;
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    stack.dispose();
  }
}
