import { connect, type Socket } from 'node:net';
import { HullError } from '../base/hull-error';
import { Emitter } from '../base/emitter';
import type { ConnectTarget, Guest, GuestSocket } from '../guest/guest';

/** A guest whose ports are this computer's, for tests against Node's own servers. */
export const loopbackGuest: Pick<Guest, 'connect'> = {
  connect(target: ConnectTarget): Promise<GuestSocket> {
    if (target.type !== 'tcp') throw new Error('only TCP here');
    const { port, host = '127.0.0.1' } = target;
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host });
      socket.once('connect', () => resolve(guestSocket(socket)));
      socket.once('error', () =>
        reject(new HullError('connect-failed', 'Nobody listens there.', 'Start the service.')),
      );
    });
  },
};

function guestSocket(socket: Socket): GuestSocket {
  const data = new Emitter<Uint8Array>();
  socket.on('data', (bytes: Buffer) => data.emit(new Uint8Array(bytes)));
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve);
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
  ended.catch(() => undefined);
  return {
    ended,
    write: (bytes) =>
      new Promise((resolve, reject) => socket.write(bytes, (error) => (error ? reject(error) : resolve()))),
    end: () => new Promise((resolve) => socket.end(resolve)),
    onData: data.on,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    dispose: () => void socket.destroy(),
  };
}
