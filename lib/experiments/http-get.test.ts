import { expect, test } from 'vitest';
import { Emitter } from '../base/emitter';
import type { Guest, GuestSocket } from '../guest/guest';
import { httpGet } from './http-get';

/** A guest whose one service answers every request with these chunks, then closes. */
function guestAnswering(...chunks: string[]): Guest {
  const data = new Emitter<Uint8Array>();
  let end = () => {};
  const socket: Partial<GuestSocket> = {
    onData: data.on,
    ended: new Promise<void>((resolve) => (end = resolve)),
    write: () => {
      for (const chunk of chunks) data.emit(new TextEncoder().encode(chunk));
      end();
      return Promise.resolve();
    },
    dispose: () => {},
  };
  return { connect: () => Promise.resolve(socket) } as unknown as Guest;
}

const target = { type: 'tcp', port: 80 } as const;

test('reads the status however the line is cut', async () => {
  expect(await httpGet(guestAnswering('HTTP/1.1 2', '04 No', ' Content\r\n\r\n'), target)).toBe(204);
});

test('says what came instead of HTTP', async () => {
  await expect(httpGet(guestAnswering('SSH-2.0-server\r\n'), target)).rejects.toThrow('SSH-2.0');
  await expect(httpGet(guestAnswering('x'.repeat(300)), target)).rejects.toThrow('did not answer in HTTP');
  await expect(httpGet(guestAnswering(), target)).rejects.toThrow('closed the connection');
});

test('an abort ends the wait with its reason', async () => {
  const abort = new AbortController();
  const silent = {
    ...guestAnswering(),
    connect: () =>
      Promise.resolve({
        onData: () => ({ dispose() {} }),
        ended: new Promise(() => {}),
        write: () => Promise.resolve(),
        dispose() {},
      }),
  } as unknown as Guest;
  const answer = httpGet(silent, target, abort.signal);
  setTimeout(() => abort.abort(new Error('enough')), 0);
  await expect(answer).rejects.toThrow('enough');
});
