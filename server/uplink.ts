import { getServers } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { isPublicAddress } from './public-addresses';
import { serveUplink, type UplinkRules } from './uplink-connection';

export interface UplinkServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** Origins of the sites whose pages may use it: https://lab.example.org. Others are refused. */
  origins: readonly string[];
  maxPages: number;
  rules?: Partial<UplinkRules>;
}

const usualRules: UplinkRules = {
  maxStreams: 64,
  bufferPackets: 64,
  allows: isPublicAddress,
  resolver: { address: '127.0.0.1', port: 53 },
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
};

/** A message has a data packet of the client's, or of any WISP client's: 64 KiB is what they use. */
const maxMessageBytes = 128 * 1024;

/** Starts the server that leads machines of pages to the internet. @returns its address, and what ends it */
export async function startUplink(
  options: UplinkServerOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const rules: UplinkRules = { ...usualRules, resolver: firstResolver(), ...options.rules };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const server: Server = createServer((_, response) =>
    response
      .writeHead(426, { 'Content-Type': 'text/plain' })
      .end('This is an uplink: it speaks WISP over WebSocket.\n'),
  );
  server.on('upgrade', (request, socket, head) => {
    const isAllowed = options.origins.includes(request.headers.origin ?? '');
    if (!isAllowed || sockets.clients.size >= options.maxPages) {
      socket.end(
        `HTTP/1.1 ${isAllowed ? '503 Service Unavailable' : '403 Forbidden'}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveUplink(webSocket, rules));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://${options.host}:${port}/`,
    async close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function firstResolver(): UplinkRules['resolver'] {
  const [first = '127.0.0.1'] = getServers();
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(first);
  if (first.includes(':') && !first.startsWith('[') && first.split(':').length > 2)
    return { address: first, port: 53 };
  return { address: match?.[1] ?? first, port: Number(match?.[2] ?? 53) };
}
