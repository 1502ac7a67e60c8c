import { createServer, type Server } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';
import { headersFor } from './headers';
import { readPolicies } from './policies';

export interface SiteServer {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves an exported site on loopback, precompressed siblings first.
 * @param port 0 takes any free port
 * @throws when the folder holds no site, or the port is taken
 */
export async function serveSite(folder: string, { port = 0, host = '127.0.0.1' } = {}): Promise<SiteServer> {
  await stat(join(folder, 'index.html')).catch(() => {
    throw new Error(`${folder} holds no site: build it with \`npm run build\`.`);
  });
  const policies = await readPolicies(folder);
  const notFound = await readFile(join(folder, '404.html'));
  const files = sirv(folder, {
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(headersFor(path, policies))) response.setHeader(name, value);
    },
  });
  const server = createServer((request, response) => {
    // sirv lists the files once. One that is gone since, in a build for example, must not end the server.
    response.on('pipe', (file) => file.on('error', () => response.destroy()));
    files(request, response, () => {
      const headers = headersFor('/404.html', policies);
      response.writeHead(404, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(notFound);
    });
  });
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
