import type { CarriedAnswer, Presentation } from '@/lib/preview/messages';
import { dataUrl, decodeText } from './data-url';
import type { ResourceKind } from './page-resource';
import { carriedUrl, type Resources } from './resources';

/** What the bridge in the page is told at its start, as JSON in its own script element. */
export interface BridgeStart {
  url: string;
  cookies: string;
}

const sources: readonly (readonly [selector: string, attribute: string, kind: ResourceKind])[] = [
  ['script[src]', 'src', 'script'],
  ['img[src], input[type=image][src]', 'src', 'image'],
  ['video[poster]', 'poster', 'image'],
  ['audio[src], video[src], source[src], track[src]', 'src', 'media'],
  ['image[href], use[href]', 'href', 'image'],
];

/** Fetched by a browser ahead of time, or for its own windows. */
const unneededLinks =
  'link[rel~=icon i], link[rel*=preload i], link[rel~=preconnect i], link[rel~=dns-prefetch i], link[rel~=prefetch i], link[rel~=prerender i], link[rel~=manifest i], link[rel~=apple-touch-icon i]';

/** The document as one that needs nothing from outside, with the bridge as its first script. */
export async function inlineDocument(
  { url, body, cookies }: CarriedAnswer,
  presentation: Presentation,
  contentType: string,
  resources: Resources,
  bridge: string,
): Promise<string> {
  const page =
    presentation === 'html'
      ? parse(decodeText(body, contentType, true))
      : plainPage(body, presentation, contentType);
  const base = baseOf(page, url);
  const refresh = takeRefresh(page, base);
  drop(page, 'base, meta[http-equiv=content-security-policy i]');
  drop(page, unneededLinks);
  replaceFrames(page, base, resources);
  await Promise.all([...inlineSources(page, base, resources), ...inlineStyles(page, base, resources)]);
  page.head.prepend(
    element(page, 'script', { 'data-start': JSON.stringify({ url, cookies } satisfies BridgeStart) }, bridge),
    element(page, 'base', { href: base }),
    ...refresh,
  );
  const doctype = page.doctype || presentation !== 'html' ? '<!doctype html>' : '';
  return doctype + page.documentElement.outerHTML;
}

function parse(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

/** What a browser makes of text or of a picture. */
function plainPage(body: Uint8Array, presentation: Presentation, contentType: string): Document {
  const page = parse('<!doctype html><meta name="color-scheme" content="light dark">');
  if (presentation === 'image') {
    page.body.append(element(page, 'img', { src: dataUrl(body, contentType), alt: '' }));
  } else {
    const style =
      'margin:0;font:0.8125rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere';
    page.body.append(element(page, 'pre', { style }, decodeText(body, contentType)));
  }
  return page;
}

function baseOf(page: Document, url: string): string {
  const href = page.querySelector('base[href]')?.getAttribute('href');
  return href != null && URL.canParse(href, url) ? new URL(href, url).href : url;
}

/** `<meta http-equiv=refresh>`, which the bridge obeys in the browser's stead. */
function takeRefresh(page: Document, base: string): Element[] {
  const meta = page.querySelector('meta[http-equiv=refresh i]');
  drop(page, 'meta[http-equiv=refresh i]');
  const [, seconds, target] =
    /^\s*(\d{1,6})[^;,]*(?:[;,]\s*(?:url\s*=\s*)?["']?([^"']*))?/i.exec(
      meta?.getAttribute('content') ?? '',
    ) ?? [];
  if (seconds === undefined) return [];
  const url = carriedUrl(target ?? '', base) ?? base;
  return [element(page, 'meta', { name: 'preview-refresh', content: `${seconds} ${url}` })];
}

function replaceFrames(page: Document, base: string, resources: Resources): void {
  for (const frame of page.querySelectorAll('iframe, frame, object, embed, portal, fencedframe')) {
    const source = frame.getAttribute('src') ?? frame.getAttribute('data') ?? '';
    const url = carriedUrl(source, base) ?? base;
    resources.omit(url, `A page within a page (${frame.localName}) is not shown.`);
    const link = element(page, 'a', { href: url }, `${frame.localName}: ${source}`);
    frame.replaceWith(link);
  }
}

function inlineSources(page: Document, base: string, resources: Resources): Promise<void>[] {
  const jobs: Promise<void>[] = [];
  for (const image of page.querySelectorAll('[srcset]')) {
    const first = image.getAttribute('srcset')?.trim().split(/[\s,]/)[0];
    if (!image.hasAttribute('src') && first !== undefined && image.localName === 'img')
      image.setAttribute('src', first);
    image.removeAttribute('srcset');
  }
  for (const [selector, attribute, kind] of sources) {
    for (const it of page.querySelectorAll(selector)) {
      const url = carriedUrl(it.getAttribute(attribute) ?? '', base);
      it.removeAttribute('integrity');
      it.removeAttribute('crossorigin');
      if (url === undefined || it.getAttribute(attribute)?.startsWith('#')) continue;
      jobs.push(
        resources.inline(url, kind).then((data) => {
          if (data === undefined) it.removeAttribute(attribute);
          else it.setAttribute(attribute, data);
        }),
      );
    }
  }
  return jobs;
}

function inlineStyles(page: Document, base: string, resources: Resources): Promise<void>[] {
  const jobs: Promise<void>[] = [];
  for (const link of page.querySelectorAll('link[rel~=stylesheet i][href]')) {
    const url = carriedUrl(link.getAttribute('href') ?? '', base);
    link.removeAttribute('integrity');
    link.removeAttribute('crossorigin');
    if (url === undefined) continue;
    jobs.push(
      resources.inline(url, 'style').then((data) => {
        if (data === undefined) link.remove();
        else link.setAttribute('href', data);
      }),
    );
  }
  for (const style of page.querySelectorAll('style')) {
    const css = style.textContent;
    jobs.push(
      resources.inlineStyle(css, base).then((text) => {
        style.textContent = text;
      }),
    );
  }
  for (const styled of page.querySelectorAll('[style*="url(" i]')) {
    const css = styled.getAttribute('style') ?? '';
    jobs.push(resources.inlineStyle(css, base).then((text) => styled.setAttribute('style', text)));
  }
  return jobs;
}

function drop(page: Document, selector: string): void {
  for (const it of page.querySelectorAll(selector)) it.remove();
}

function element(
  page: Document,
  name: string,
  attributes: Readonly<Record<string, string>>,
  text = '',
): HTMLElement {
  const made = page.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
