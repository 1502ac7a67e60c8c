import { Buffer } from 'node:buffer';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './bench-page';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

/** What a page of the guest may be made of, and one that tries what it must not. */
const pages: Record<string, string> = {
  'index.html': `<!doctype html><title>Made of parts</title><link rel="stylesheet" href="parts/a.css">
<script src="parts/a.js" defer></script><h1>Parts</h1><img id="picture" src="parts/dot.svg" alt="a dot">
<a href="two.html">two</a><form action="cgi-bin/echo" method="post"><input name="word" value="käse & brot"><button>Send</button></form>
<iframe src="two.html"></iframe><p id="out"></p>`,
  'two.html': '<!doctype html><title>Two</title><h1>Two</h1><a href="/">one</a>',
  'parts/a.css': '@import "b.css"; h1 { background: url(dot.svg) }',
  'parts/b.css': 'h1 { color: rgb(1, 2, 3) }',
  'parts/dot.svg':
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><rect width="20" height="20"/></svg>',
  'parts/a.js': `const out = document.getElementById('out'), say = (text) => out.append(text + ';');
(async () => {
  say('fetch ' + (await (await fetch('parts/b.css')).text()).length);
  const request = new XMLHttpRequest();
  request.onload = () => say('xhr ' + request.status);
  request.open('GET', '/nothing'); request.send();
  document.cookie = 'mine=1'; localStorage.setItem('mine', '1');
  say(document.cookie + ' ' + localStorage.getItem('mine'));
  const image = new Image(); image.onload = () => say('image ' + image.naturalWidth); image.src = '/parts/dot.svg';
})();`,
  'cgi-bin/echo': `#!/bin/sh
printf 'Content-Type: text/html; charset=utf-8\\r\\n\\r\\n<title>Echo</title><h1>%s</h1><pre>' "$REQUEST_METHOD $CONTENT_TYPE"; cat; echo "</pre>"`,
  'cgi-bin/round': `#!/bin/sh
printf 'Status: 302 Found\\r\\nLocation: /cgi-bin/round\\r\\n\\r\\n'`,
  'hostile.html': `<!doctype html><title>Hostile</title><h1>Hostile</h1><pre id="out"></pre><script>
const out = document.getElementById('out');
const attempt = async (name, deed) => {
  try { out.append(name + ': ' + (await deed()) + '\\n'); } catch (error) { out.append(name + ': stopped\\n'); }
};
const SITE = new URL(top === self ? '/' : (document.location.ancestorOrigins?.[1] ?? '') + '/preview-probe');
const probe = (kind) => SITE.href + '?' + kind;
(async () => {
  await attempt('top', () => { top.location = probe('top'); return 'asked'; });
  await attempt('parent document', () => parent.document.title);
  await attempt('top document', () => top.document.title);
  await attempt('origin', () => self.origin);
  // Past the bridge, in a realm that it has never seen.
  const frame = document.createElement('iframe');
  frame.srcdoc = '<p>fresh</p>';
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  const fresh = document.createElement('iframe'); document.body.append(fresh);
  await attempt('frame storage', () => fresh.contentWindow.localStorage.length);
  await attempt('frame fetch', () => fresh.contentWindow.fetch(probe('fetch')));
  await attempt('databases', () => new Promise((resolve, reject) => { const r = indexedDB.open('x'); r.onsuccess = () => resolve('opened'); r.onerror = reject; }));
  await attempt('worker', () => navigator.serviceWorker.register('/sw.js'));
  await attempt('fetch', () => fetch(probe('bridge')));
  await attempt('popup', () => String(window.open(probe('popup'))) );
  document.body.insertAdjacentHTML('beforeend', '<img src="' + probe('image') + '"><link rel="stylesheet" href="' + probe('style') + '">');
  for (let i = 0; i < 2000; i++) parent.postMessage({ type: 'ask', id: 1, purpose: 'fetch', method: 'GET', url: probe('message'), fields: [] }, '*');
  for (const noise of [null, 7, { type: 'show' }, { type: 'go' }, { type: 'shown', title: 'x'.repeat(1e6) }]) parent.postMessage(noise, '*');
  out.append('done');
})();
</script>`,
  'busy.html': `<!doctype html><title>Busy</title><h1>Busy</h1><script>for (;;);</script>`,
  'leaves.html': `<!doctype html><title>Leaves</title><script>location.href = document.location.ancestorOrigins[1] + '/preview-probe?leaves'</script>`,
};

let site: OpenSite;
let page: Page;
/** What the browser got an answer to. A request that a policy blocks is none. */
let asked: string[];
beforeAll(async () => {
  site = await openSite();
  page = await site.newPage();
  asked = [];
  page.context().on('response', (response) => asked.push(response.url()));
  const bench = await BenchPage.open(page);
  await bench.start('Power on');
  await put(bench, pages);
  await bench.type(
    'docker run -d --name pages -p 8080:80 -v /tmp/www:/www busybox busybox httpd -f -p 80 -h /www',
  );
  await bench.type('docker run -d --name welcome -p 8081:80 nginx && echo all-""up');
  await bench.shows(/^all-up$/m);
  await page.getByRole('tab', { name: 'Preview' }).click();
});
afterAll(() => site.close());

/** Types an archive of the files into the console. */
async function put(bench: BenchPage, files: Record<string, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'preview-pages-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text, { mode: name.startsWith('cgi-bin') ? 0o755 : 0o644 });
  }
  const archive = execFileSync('tar', ['-C', folder, '--sort=name', '--mtime=@0', '-cz', '.']);
  await rm(folder, { recursive: true });
  const text = Buffer.from(archive).toString('base64');
  for (let at = 0; at < text.length; at += 800)
    await bench.paste(`echo ${text.slice(at, at + 800)} >>/tmp/archive`);
  await bench.type(
    'mkdir -p /tmp/www && base64 -d /tmp/archive | tar -C /tmp/www -xz && truncate -s 20M /tmp/www/large.html && echo all-""put',
  );
  await bench.shows(/^all-put$/m);
}

const content = () => page.frameLocator('iframe').frameLocator('iframe');
const heading = (name: string | RegExp) => content().getByRole('heading', { name });
const alert = (text: string | RegExp) => page.getByRole('alert').getByText(text);

/** @param title of the page, which is waited for: until it comes, the one before it is shown */
async function visit(address: string, title?: string): Promise<void> {
  await page.getByLabel('Address').fill(address);
  await page.getByLabel('Address').press('Enter');
  if (title !== undefined) await isShown(title);
}

const isShown = (title: string) => page.getByRole('status').getByText(`· ${title}`).waitFor();

test('nginx’s welcome page opens from the list of services', async () => {
  await page.getByRole('button', { name: 'welcome' }).click();
  await heading(/nginx/).waitFor();
  await page
    .getByRole('status')
    .getByText(/^200 OK · .* · Welcome to nginx!$/)
    .waitFor();
});

test('a page has its parts, its links and forms lead on, and back leads back', async () => {
  await page.getByRole('button', { name: 'pages' }).click();
  await content()
    .getByText(/fetch 26;.*image 20;/)
    .waitFor();
  await content()
    .getByText(/xhr 404;/)
    .waitFor();
  await content()
    .getByText(/mine=1 1;/)
    .waitFor();
  const look = await heading('Parts').evaluate((it) => {
    const { color, backgroundImage } = getComputedStyle(it);
    return { color, isInlined: backgroundImage.startsWith('url("data:image/svg+xml') };
  });
  expect(look).toEqual({ color: 'rgb(1, 2, 3)', isInlined: true });
  await page.getByText('One thing of this page is not shown').click();
  await page.getByText('A page within a page (iframe) is not shown.').waitFor();
  expect(await accessibilityViolations(page)).toEqual([]);
  await content().getByRole('link', { name: 'two' }).first().click();
  await isShown('Two');
  await heading('Two').waitFor();
  expect(await page.getByLabel('Address').inputValue()).toBe('http://host-1.twinhull:8080/two.html');
  await page.getByRole('button', { name: 'Back' }).click();
  await isShown('Made of parts');
  await content().getByRole('button', { name: 'Send' }).click();
  await isShown('Echo');
  await heading('POST application/x-www-form-urlencoded').waitFor();
  await content().getByText('word=k%C3%A4se+%26+brot').waitFor();
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await page.setViewportSize({ width: 1280, height: 900 });
});

describe('a hostile page', () => {
  test('reaches nothing: not the site, not its origin, not its storage', async () => {
    const before = { url: page.url(), title: await page.title() };
    await visit('/hostile.html', 'Hostile');
    await content().getByText('done').waitFor();
    const lines = (await content().locator('#out').textContent()) ?? '';
    for (const name of [
      'top',
      'parent document',
      'top document',
      'frame storage',
      'frame fetch',
      'databases',
      'worker',
      'fetch',
    ])
      expect(lines).toContain(`\n${name}: stopped`.slice(name === 'top' ? 1 : 0));
    expect(lines).toContain('origin: null');
    expect(lines).toContain('popup: null');
    expect({ url: page.url(), title: await page.title() }).toEqual(before);
    expect(await page.evaluate(() => [localStorage.getItem('mine'), document.cookie])).toEqual([null, '']);
    await visit('/leaves.html');
    await alert('changed its address in a way').waitFor();
    expect(asked.filter((url) => url.includes('preview-probe'))).toEqual([]);
  });

  test('that never ends its turn holds up neither the site nor the page after it', async () => {
    await visit('/busy.html');
    await visit('/two.html', 'Two');
    await heading('Two').waitFor();
  });

  test('is refused giant answers and endless redirects, with a sentence', async () => {
    await visit('/large.html');
    await alert('longer than 8 MB').waitFor();
    await visit('/cgi-bin/round');
    await alert('sent the request on 20 times').waitFor();
    await visit('http://example.com/');
    await alert('example.com is not in this lab').waitFor();
  });
});
