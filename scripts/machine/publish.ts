import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { HullError, messageOf } from '../../lib/base/hull-error';
import { type Disposable, toDisposable } from '../../lib/base/lifecycle';
import type { Guest, GuestSocket } from '../../lib/guest/guest';
import type { Publication } from './arguments';

/** The agent serves 256 channels; some are left for others. */
const connectionLimit = 200;

export interface Publisher extends Disposable {
  /** Of 127.0.0.1. */
  port: number;
}

/** Listens on 127.0.0.1 and forwards each connection into the guest. */
export async function publish(
  guest: Guest,
  { hostPort, target }: Publication,
  onProblem: (sentence: string) => void,
): Promise<Publisher> {
  const sockets = new Set<Socket>();
  // Half-open, because a client may end its direction and still wait for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    guest.connect(target).then(
      (peer) => join(socket, peer),
      (error: unknown) => {
        onProblem(messageOf(error));
        socket.resetAndDestroy();
      },
    );
  });
  server.maxConnections = connectionLimit;
  await listen(server, hostPort);
  const disposable = toDisposable(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, dispose: disposable.dispose };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program listens there' : cause.message;
      reject(
        new HullError(
          'publish-failed',
          `127.0.0.1:${port} cannot be published: ${why}.`,
          'Choose another port.',
          {
            cause,
          },
        ),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Bytes both ways, each direction no faster than its reader, each ended by itself. */
function join(socket: Socket, peer: GuestSocket): void {
  if (socket.destroyed) return peer.dispose();
  socket.on('close', () => peer.dispose());
  socket.on('drain', () => peer.resume());
  peer.onData((bytes) => {
    if (!socket.write(bytes)) peer.pause();
  });
  peer.ended.then(
    () => socket.end(),
    () => socket.resetAndDestroy(),
  );
  socket.on('data', (chunk) => {
    socket.pause();
    peer.write(chunk).then(
      () => socket.resume(),
      () => socket.destroy(),
    );
  });
  socket.on('end', () => void peer.end().catch(() => {}));
  socket.resume();
}
