// RFC 9112
import { HullError } from '../base/hull-error';
import { DisposableStack, toDisposable } from '../base/lifecycle';
import type { ConnectTarget, Guest, GuestSocket } from '../guest/guest';

const request = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: twinhull\r\nConnection: close\r\n\r\n');
const maximumStatusLineBytes = 256;

/**
 * Asks a service in the guest for `/` and resolves with the status code as soon as the status line has arrived.
 * @throws HullError `not-http` when the answer is something else or ends too early; the guest's error when nobody listens
 */
export async function httpGet(guest: Guest, target: ConnectTarget, signal?: AbortSignal): Promise<number> {
  const socket = await guest.connect(target, signal);
  const stack = new DisposableStack();
  stack.add(socket);
  try {
    return await new Promise<number>((resolve, reject) => {
      stack.add(onStatus(socket, resolve, reject));
      if (signal) {
        const onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        stack.add(toDisposable(() => signal.removeEventListener('abort', onAbort)));
      }
      socket.write(request).catch(reject);
    });
  } finally {
    stack.dispose();
  }
}

function onStatus(socket: GuestSocket, resolve: (status: number) => void, reject: (error: unknown) => void) {
  const refuse = (why: string) =>
    reject(
      new HullError(
        'not-http',
        `The service did not answer in HTTP: ${why}.`,
        'Look at the service’s output.',
      ),
    );
  socket.ended.then(() => refuse('it closed the connection first'), reject);
  let line = '';
  return socket.onData((bytes) => {
    line += String.fromCharCode(...bytes.subarray(0, maximumStatusLineBytes - line.length));
    if (!line.includes('\n') && line.length < maximumStatusLineBytes) return;
    const status = /^HTTP\/1\.[01] (\d{3})[ \r\n]/.exec(line)?.[1];
    if (status === undefined) refuse(`it began with ${JSON.stringify(line.slice(0, 40))}`);
    else resolve(Number(status));
  });
}
