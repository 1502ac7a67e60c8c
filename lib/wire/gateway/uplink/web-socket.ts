import type { MessageSocket } from './wisp-client';

/** The part of WebSocket that browsers and Node's `ws` have in common. */
export interface PlainWebSocket {
  binaryType: string;
  readonly readyState: number;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
}

const open = 1;

/** What the WISP client wants, from a WebSocket. @param socket one that was just made */
export function messageSocket(socket: PlainWebSocket): MessageSocket {
  socket.binaryType = 'arraybuffer';
  // A close follows; without a listener, Node's would end the process.
  socket.addEventListener('error', () => {});
  return {
    send: (bytes) => {
      if (socket.readyState === open) socket.send(bytes);
    },
    close: () => socket.close(),
    onOpen: (listener) => socket.addEventListener('open', listener),
    onMessage: (listener) =>
      socket.addEventListener(
        'message',
        ({ data }) => data instanceof ArrayBuffer && listener(new Uint8Array(data)),
      ),
    onClose: (listener) => socket.addEventListener('close', listener),
  };
}
