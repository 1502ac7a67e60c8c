import { type Disposable, toDisposable } from '../../base/lifecycle';
import type { Frame } from '../frame';
import { allOffloads, FramePort } from '../frame-port';
import { Gateway, type GatewayOptions } from './gateway';

/** Frames that wait for room in the port. Beyond it they are dropped, as from the queue of any card; TCP sends them again. */
const maxWaiting = { frames: 4096, bytes: 4 * 1024 * 1024 };

/** A gateway at the end of a cable: of a port of the switch, or of one machine's card. Disposing of it pulls the cable out. */
export function gatewayAt(
  port: MessagePort,
  options: Omit<GatewayOptions, 'send'>,
): { gateway: Gateway; cable: Disposable; dropped(): number } {
  let waiting: Frame[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let isFlushing = false;
  const flushSoon = () => {
    if (isFlushing) return;
    isFlushing = true;
    // What one turn sends leaves with one message.
    queueMicrotask(() => {
      isFlushing = false;
      wire.flush();
    });
  };
  const send = (frame: Frame) => {
    const bytes = frame.length;
    if (waiting.length === 0 && wire.send(frame)) return flushSoon();
    if (waiting.length >= maxWaiting.frames || waitingBytes + bytes > maxWaiting.bytes) {
      dropped += 1;
      return;
    }
    waiting.push(frame);
    waitingBytes += bytes;
  };
  const gateway = new Gateway({ ...options, send });
  const wire = new FramePort(port, {
    onFrames: (frames) => {
      for (const frame of frames) gateway.receive(frame);
    },
    onRoom: () => {
      const frames = waiting;
      waiting = [];
      waitingBytes = 0;
      for (const frame of frames) send(frame);
    },
  });
  wire.accept(allOffloads);
  return {
    gateway,
    cable: toDisposable(() => {
      gateway.dispose();
      wire.dispose();
    }),
    dropped: () => dropped,
  };
}
