import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Store, until } from '../base/store';
import { stationOf } from './address';
import { loopbackGuest } from './guest-fixture';
import type { PageMessage } from './messages';
import { PreviewSession } from './preview-session';

let server: Server;
let home: URL;
let asked = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    if (request.url === '/large') response.end(Buffer.alloc(6 * 1024 * 1024));
    else if (request.url === '/broken') request.socket.destroy();
    else response.setHeader('content-type', 'text/html').end(`<title>${request.url}</title>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  home = new URL(`http://host.twinhull:${(server.address() as AddressInfo).port}/`);
});
afterAll(() => server.closeAllConnections());

const clock = { ms: 0 };
/** Time passes at once; what goes on meanwhile is let go on. */
const pause = (ms: number) => {
  clock.ms += ms;
  return new Promise<void>((resolve) => setImmediate(resolve));
};

/** A session, and a frame whose page says what a test wants. */
async function open(path = '/') {
  const find = ({ hostname }: URL) => (stationOf(hostname) === 'host' ? { guest: loopbackGuest } : undefined);
  const session = new PreviewSession({ find, now: () => clock.ms, pause }, home);
  session.open(path);
  const settled = () => until(session.activity, ({ type }) => type !== 'loading');
  await settled();
  const frame = () => {
    const page = session.page.get();
    if (!page) throw new Error('there is no page');
    const told = new Store<readonly PageMessage[]>([]);
    const say = session.frameFor(page, (message) => told.set([...told.get(), message]));
    return { say, told, answers: (count: number) => until(told, (it) => it.length >= count) };
  };
  return { session, settled, frame, at: () => session.address.get().pathname };
}

const fetchOf = (id: number, url: string) => ({
  type: 'ask',
  id,
  purpose: 'fetch',
  method: 'GET',
  url,
  fields: [],
});
const goTo = (url: string) => ({ type: 'go', method: 'GET', url, fields: [] });

test('a frame gets its page, and what that asks of its own origin', async () => {
  const { frame } = await open('/start');
  const { say, answers } = frame();
  say({ type: 'ready' });
  say(fetchOf(1, '/data'));
  say(fetchOf(2, `http://other.twinhull:${home.port}/`));
  const [shown, ...rest] = await answers(3);
  expect(shown).toMatchObject({
    type: 'show',
    presentation: 'html',
    document: { url: `${home.href}start`, status: 200 },
  });
  const byId = new Map(rest.map((it) => (it.type === 'answer' ? [it.id, it.answer] : [0, undefined])));
  expect(byId.get(1)).toMatchObject({ type: 'answered', status: 200 });
  expect(byId.get(2)).toMatchObject({
    type: 'failed',
    why: expect.stringContaining('another origin') as string,
  });
});

test('pages follow each other, and back and forward lead along them', async () => {
  const { session, settled, frame, at } = await open('/one');
  frame().say(goTo('/two'));
  await settled();
  frame().say({ type: 'address', url: '/three', replaces: false });
  frame().say({ type: 'address', url: 'http://evil.example/', replaces: false });
  expect(at()).toBe('/three');
  session.back();
  await settled();
  expect(at()).toBe('/two');
  session.back();
  await settled();
  expect([at(), session.trail.get()]).toEqual(['/one', { canGoBack: false, canGoForward: true }]);
  session.forward();
  await settled();
  session.open('/new');
  await settled();
  expect([at(), session.trail.get()]).toEqual(['/new', { canGoBack: true, canGoForward: false }]);
});

test('nonsense from a frame, or from the frame of another page, changes nothing', async () => {
  const { session, frame, settled, at } = await open('/one');
  const { say } = frame();
  for (const noise of [
    undefined,
    'go',
    { type: 'go' },
    { ...goTo('/x'), method: 7 },
    { ...goTo('x'.repeat(10_000)) },
    { type: 'ask', id: -1 },
    { type: 'shown', title: 'x'.repeat(2000) },
  ])
    say(noise);
  expect([session.activity.get().type, at()]).toEqual(['idle', '/one']);
  session.open('/two');
  await settled();
  say(goTo('/three'));
  expect([session.activity.get().type, at()]).toEqual(['idle', '/two']);
});

test('a page that takes too much is told so', async () => {
  const { frame } = await open();
  const { say, answers } = frame();
  for (let id = 0; id < 12; id++) say({ ...fetchOf(id, '/large') });
  const all = await answers(12);
  const failed = all.filter((it) => it.type === 'answer' && it.answer.type === 'failed');
  expect(failed.length).toBeGreaterThanOrEqual(6);
  const before = asked;
  say(fetchOf(99, '/more'));
  expect((await answers(13)).at(-1)).toMatchObject({ id: 99, answer: { type: 'failed' } });
  expect(asked).toBe(before);
});

test('a page that asks without end is given so much and no more', async () => {
  const { frame } = await open();
  const { say, answers } = frame();
  for (let id = 0; id < 1500; id++) say(fetchOf(id, '/'));
  const failed = (await answers(1500)).filter((it) => it.type === 'answer' && it.answer.type === 'failed');
  expect(failed.length).toBeGreaterThanOrEqual(500);
});

test('a page that sends itself on for ever is stopped, a patient one is not', async () => {
  const { session, frame, settled } = await open();
  for (let count = 0; count < 15; count++) {
    clock.ms += 2000;
    frame().say(goTo(`/${count}`));
    await settled();
  }
  expect(session.activity.get().type).toBe('idle');
  for (let count = 0; count < 15 && session.activity.get().type === 'idle'; count++) {
    frame().say(goTo(`/${count}`));
    await settled();
  }
  expect(session.activity.get()).toMatchObject({ type: 'failed', cause: { code: 'preview-leaps' } });
});

test('what fails says why, and can be left', async () => {
  const { session, settled, at } = await open('/fine');
  session.open('/broken');
  await settled();
  expect(session.activity.get()).toMatchObject({ type: 'failed', cause: { code: 'preview-cut-off' } });
  session.open('http://example.com/');
  await settled();
  expect(session.activity.get()).toMatchObject({ type: 'failed', cause: { code: 'preview-elsewhere' } });
  session.back();
  await settled();
  session.back();
  await settled();
  expect([session.activity.get().type, at()]).toEqual(['idle', '/fine']);
});

test('a service that does not listen yet is waited for, and not for ever', async () => {
  const late = createServer((_, response) => response.setHeader('content-type', 'text/html').end('late'));
  await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve));
  const { port } = late.address() as AddressInfo;
  await new Promise((resolve) => late.close(resolve));
  const { session, settled } = await open('/fine');
  session.open(`:${port}`);
  await settled();
  expect(session.activity.get()).toMatchObject({ type: 'failed', cause: { code: 'connect-failed' } });
  session.reload();
  late.listen(port, '127.0.0.1');
  await settled();
  expect(session.page.get()?.answer.status).toBe(200);
  late.closeAllConnections();
  late.close();
});
