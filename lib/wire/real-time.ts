import { type Disposable, toDisposable } from '../base/lifecycle';
import type { WireTime } from './wire-time';

/**
 * The clock of a worker, or of Node. Browsers make a timer that was set by a timer's function wait for 4 ms, which would be
 * the shortest delay of a busy link. So timers post a message, and it is the message's function that sets the next one.
 */
export function realTime(): WireTime {
  const due = new Map<number, () => void>();
  let next = 0;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<number>) => {
    const run = due.get(data);
    due.delete(data);
    hold();
    run?.();
  };
  // Node's ports keep the process alive as long as they listen; only what is due may.
  const hold = () => {
    if (!('ref' in port1)) return;
    const port = port1 as unknown as { ref(): void; unref(): void };
    if (due.size > 0) port.ref();
    else port.unref();
  };
  hold();
  const soon = (run: () => void): Disposable => {
    const id = next++;
    due.set(id, run);
    hold();
    port2.postMessage(id);
    return toDisposable(() => {
      due.delete(id);
      hold();
    });
  };
  return {
    now: () => performance.now(),
    soon,
    after(delayMs, run) {
      if (delayMs <= 0) return soon(run);
      let posted: Disposable | undefined;
      // Timers count whole milliseconds, and may come a little early.
      const timeout = setTimeout(() => (posted = soon(run)), Math.ceil(delayMs));
      return toDisposable(() => {
        clearTimeout(timeout);
        posted?.dispose();
      });
    },
  };
}

/** Wall clock, nanoseconds since 1970, as exact as `performance.now()` is. */
export function unixNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n;
}
