import type { HttpAnswer, HttpRequest } from './http/http-server';
import { collect } from './http/message-reader';

const maxBodyBytes = 1024 * 1024;

/** For labs: says what arrived, so that people see what proxies, NAT and clients made of their request. */
export async function echo(request: HttpRequest): Promise<HttpAnswer> {
  const body = await collect(request.body, maxBodyBytes);
  const seen = {
    method: request.method,
    target: request.target,
    peer: request.peer,
    headers: Object.fromEntries(
      request.headers.map(([name], _, all) => [
        name.toLowerCase(),
        all
          .filter(([other]) => other.toLowerCase() === name.toLowerCase())
          .map(([, value]) => value)
          .join(', '),
      ]),
    ),
    ...bodyText(body),
  };
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: new TextEncoder().encode(`${JSON.stringify(seen, undefined, 2)}\n`),
  };
}

function bodyText(bytes: Uint8Array): { body: string; encoding?: 'base64' } {
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return { body: btoa(binary), encoding: 'base64' };
  }
}
