import { expect, test } from 'vitest';
import type { TcpDirectory } from '../tcp/endpoint';
import { type Lab, newLab, station } from '../wire-fixture';
import type { WireRequest } from './fetch';
import { type HttpAnswer, HttpServer } from './http-server';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (value: string) => new TextEncoder().encode(value);
const address = '10.0.0.9';

/** A service on port 80 that says what it was asked, or what it is told to. */
function service({ simulation }: Lab, answer?: () => HttpAnswer): TcpDirectory {
  const server = new HttpServer(async ({ method, target, host, headers, body }) => {
    if (answer) return answer();
    let length = 0;
    for await (const part of body) length += part.length;
    const test = headers.find(([name]) => name === 'X-Test')?.[1] ?? '';
    return {
      status: 200,
      headers: [['X-Test', test]],
      body: bytesOf(`${method} ${host} ${target} ${length}`),
    };
  }, simulation);
  return (_, port) => (port === 80 ? server.service : undefined);
}

async function served(answer?: () => HttpAnswer): Promise<Lab> {
  const lab = await newLab();
  await station(lab, address, { tcp: service(lab, answer) });
  return lab;
}

const ask = ({ simulation, wire }: Lab, request: Partial<WireRequest> = {}, signal?: AbortSignal) =>
  simulation.until(wire.fetchHttp('router', { address, port: 80, ...request }, signal));

test('a request goes out whole, and its answer comes back', async () => {
  const lab = await served();
  const answer = await ask(lab, {
    method: 'POST',
    target: '/a?b=c',
    headers: [['X-Test', 'yes']],
    body: new Uint8Array(100_000),
  });
  expect(answer).toMatchObject({ status: 200, reason: 'OK', asked: 1 });
  expect(text(answer.body)).toBe(`POST ${address} /a?b=c 100000`);
  expect(answer.headers).toContainEqual(['X-Test', 'yes']);
  expect(answer.headUnixMs).toBeGreaterThanOrEqual(Date.UTC(2030, 0, 1));
  expect(text((await ask(lab, { host: 'web.twinhull:8080' })).body)).toContain('web.twinhull /');
});

test('what goes wrong rejects with a reason', async () => {
  const lab = await served(() => ({ status: 200, body: new Uint8Array(5000) }));
  await expect(ask(lab, { port: 81 })).rejects.toMatchObject({ code: 'tcp-refused' });
  await expect(ask(lab, { mostBodyBytes: 4999 })).rejects.toMatchObject({ code: 'http-too-large' });
  await expect(ask(lab, { address: '10.0.0.77', timeoutMs: 700 })).rejects.toThrow(
    '10.0.0.77:80 has not answered within 0.7 s.',
  );
  for (const [request, words] of [
    [{ address: 'left' }, 'address: must be like 10.0.0.10'],
    [{ port: 0 }, 'port'],
    [{ target: '/ HTTP/1.1\r\nX: y' }, 'target'],
    [{ headers: [['content-length', '1']] }, 'headers: must have none of host'],
    [{ mostBodyBytes: 1e12 }, 'mostBodyBytes'],
  ] as const)
    await expect(ask(lab, request)).rejects.toThrow(words);
  await expect(ask(lab, { headers: [['X', 'a\r\nb']] })).rejects.toThrow('cannot be a header');
  await expect(lab.wire.fetchHttp(address, { address, port: 80 })).rejects.toMatchObject({
    code: 'no-gateway',
  });
  expect((await ask(lab)).body.length).toBe(5000);
});

test('it ends when it is cancelled, and when its gateway goes', async () => {
  const lab = await newLab();
  let opened = 0;
  // Takes the request, and never answers.
  await station(lab, address, { tcp: () => () => new Promise(() => (opened += 1)) });
  const abort = new AbortController();
  const cancelled = lab.wire.fetchHttp('router', { address, port: 80 }, abort.signal);
  cancelled.catch(() => undefined);
  while (opened === 0) await lab.simulation.pass(1);
  abort.abort(new DOMException('enough', 'AbortError'));
  await expect(cancelled).rejects.toMatchObject({ message: 'enough' });
  await expect(ask(lab, {}, abort.signal)).rejects.toMatchObject({ message: 'enough' });
  const until = { status: 200, everyMs: 10 };
  const orphaned = lab.wire.fetchHttp('router', { address, port: 80, until });
  orphaned.catch(() => undefined);
  while (opened === 1) await lab.simulation.pass(1);
  await lab.wire.removeGateway('router');
  await expect(orphaned).rejects.toMatchObject({ code: 'no-gateway' });
});

test('it asks until the status comes: of a machine that is not there yet, then not listening, then not ready', async () => {
  const lab = await newLab();
  const { simulation } = lab;
  let status = 503;
  let listens = false;
  const serve = service(lab, () => ({ status }));
  const until = { status: 200, everyMs: 10 };
  const answer = lab.wire.fetchHttp('router', { address, port: 80, until });
  await simulation.pass(1510);
  const upAt = simulation.unixMs();
  await station(lab, address, { tcp: (...asked) => (listens ? serve(...asked) : undefined) });
  await simulation.pass(300);
  listens = true;
  await simulation.pass(100);
  status = 200;
  const { headUnixMs, asked } = await simulation.until(answer);
  // Seen at the next question, though ARP alone would have waited for a second after the machine came up.
  expect(headUnixMs - upAt).toBeGreaterThan(400);
  expect(headUnixMs - upAt).toBeLessThan(450);
  expect(asked).toBeGreaterThan(10);
  expect(asked).toBeLessThan(45);
});

test('a connection that is taken and forgotten holds nobody up, and one that is slow still counts', async () => {
  const lab = await newLab();
  const serve = service(lab);
  let taken = 0;
  await station(lab, address, {
    tcp: (...asked) => {
      taken += 1;
      return taken > 3 ? serve(...asked) : () => new Promise(() => {});
    },
  });
  const until = { status: 200, everyMs: 10 };
  expect(await ask(lab, { until })).toMatchObject({ status: 200, asked: 4 });
  expect(lab.simulation.now()).toBeLessThan(400);

  const slow = await newLab();
  const patient = new HttpServer(async () => {
    await new Promise<void>((resolve) => slow.simulation.after(120, resolve));
    return { status: 200 };
  }, slow.simulation);
  await station(slow, address, { tcp: () => patient.service });
  expect(await ask(slow, { until })).toMatchObject({ status: 200, asked: 1 });
});

test('a status that does not come is waited for no longer than was said', async () => {
  const lab = await served(() => ({ status: 404 }));
  await expect(ask(lab, { timeoutMs: 200, until: { status: 200, everyMs: 20 } })).rejects.toThrow(
    `${address}:80 did not answer 200 within 0.2 s.`,
  );
});
