// https://www.w3.org/TR/CSP3/
import { createHash } from 'node:crypto';

/** `'sha256-…'` sources of every inline script of a page, in order and without repeats. */
export function inlineScriptHashes(html: string): string[] {
  const hashes = new Set<string>();
  for (const match of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)) {
    const [, attributes = '', body = ''] = match;
    if (/\bsrc\s*=/.test(attributes) || body === '') continue;
    hashes.add(`'sha256-${createHash('sha256').update(body).digest('base64')}'`);
  }
  return [...hashes];
}

/**
 * The policy of one response. Workers are judged by the policy of their own script's response, so scripts carry it too.
 * - `wasm-unsafe-eval`: v86 compiles WebAssembly. Workers come from the site itself (docs/adr/0030).
 * - `unsafe-inline` styles: xterm.js writes style elements of its own.
 * - `frame-ancestors *`: instructors embed labs in their own pages.
 * @param uplink where the site's machines reach the internet, if they do (docs/uplink.md). @throws when it is no WebSocket's URL
 */
export function contentSecurityPolicy(
  scriptHashes: readonly string[] = [],
  uplink = process.env['TWINHULL_UPLINK'] ?? '',
): string {
  if (uplink !== '' && !/^wss?:\/\/[^\s;,'"]+$/.test(uplink))
    throw new Error(
      `TWINHULL_UPLINK is ${JSON.stringify(uplink)}: it must be the wss:// or ws:// URL of an uplink.`,
    );
  const directives: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'script-src': ["'self'", "'wasm-unsafe-eval'", ...scriptHashes],
    'worker-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'", ...(uplink === '' ? [] : [uplink])],
    // The preview's own document (docs/adr/0140). Everything below it is closed off.
    'frame-src': ["'self'"],
    'manifest-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ['*'],
  };
  return write(directives);
}

/**
 * The policy of the document in which pages of the guest run. They run what they like and reach nothing: no network, no
 * frame but one written into the document, no form's target, no origin.
 * @param inDocument for the document's own `<meta>`, in which `sandbox` and `frame-ancestors` do not count
 */
export function previewFramePolicy({ inDocument = false } = {}): string {
  const carried = ['data:', 'blob:'];
  const directives: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'script-src': ["'unsafe-inline'", "'unsafe-eval'", ...carried],
    'style-src': ["'unsafe-inline'", ...carried],
    'img-src': carried,
    'font-src': carried,
    'media-src': carried,
    'worker-src': carried,
    'connect-src': carried,
    'form-action': ["'none'"],
  };
  if (inDocument) return write(directives);
  return write({ ...directives, sandbox: ['allow-scripts', 'allow-forms'], 'frame-ancestors': ['*'] });
}

function write(directives: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}
