import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { parseAddress, serviceUrl, settle } from './address';
import { CookieJar } from './cookie-jar';
import { cssLinks, replaceCssLinks } from './css-links';
import { presentationOf } from './presentation';

describe('an address', () => {
  const here = new URL('http://host.twinhull:8080/docs/page?x=1');
  test.each([
    [':9000', 'http://host.twinhull:9000/'],
    ['9000/a b', 'http://host.twinhull:9000/a%20b'],
    ['/top', 'http://host.twinhull:8080/top'],
    ['?y', 'http://host.twinhull:8080/docs/page?y'],
    ['web.twinhull', 'http://web.twinhull/'],
    [' https://example.com/ ', 'https://example.com/'],
  ])('%s is %s', (typed, url) => {
    expect(parseAddress(typed, here).href).toBe(url);
  });

  test('is a URL or refused, whatever is typed', () => {
    expect(() => parseAddress('', here)).toThrow('is no address');
    expect(() => parseAddress(`/${'x'.repeat(9000)}`, here)).toThrow('is no address');
    fc.assert(
      fc.property(fc.string(), (typed) => {
        try {
          expect(parseAddress(typed, here)).toBeInstanceOf(URL);
        } catch (error) {
          expect(error).toBeInstanceOf(HullError);
        }
      }),
    );
  });

  test('of localhost is the machine’s own', () => {
    expect(settle(new URL('http://127.0.0.1:3000/a'), here).href).toBe('http://host.twinhull:3000/a');
    expect(serviceUrl('web', 80).href).toBe('http://web.twinhull/');
  });
});

describe('cookies', () => {
  const url = new URL('http://host.twinhull:8080/shop/cart');
  const jarAt = (ms = 0) => {
    const clock = { ms };
    return { clock, jar: new CookieJar(() => clock.ms) };
  };

  test('go to the paths below theirs, the longest first', () => {
    const { jar } = jarAt();
    jar.take('here=1', url);
    jar.take('all=2; Path=/', url);
    jar.take('other=3; Path=/else', url);
    expect(jar.header(url)).toBe('here=1; all=2');
    expect(jar.header(new URL('/shopping', url))).toBe('all=2');
  });

  test('expire, are replaced, and are taken back', () => {
    const { jar, clock } = jarAt(1000);
    jar.take('a=1; Max-Age=2', url);
    jar.take('b=1; Expires=Thu, 01 Jan 1970 00:00:02 GMT', url);
    jar.take('c=1', url);
    jar.take('c=2', url);
    expect(jar.header(url)).toBe('a=1; b=1; c=2');
    clock.ms = 2500;
    expect(jar.header(url)).toBe('a=1; c=2');
    jar.take('c=; Max-Age=0', url);
    clock.ms = 3000;
    expect(jar.header(url)).toBe('');
  });

  test('that are not for scripts are neither seen nor made by them', () => {
    const { jar } = jarAt();
    jar.take('secret=1; HttpOnly', url);
    jar.take('secret=2', url, { fromScript: true });
    expect([jar.header(url), jar.visible(url)]).toEqual(['secret=1', '']);
  });

  test('stay few, short and on their line, whatever comes', () => {
    const { jar } = jarAt();
    for (let index = 0; index < 200; index++) jar.take(`c${index}=1`, url);
    expect(jar.header(url).split('; ')).toHaveLength(64);
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0x2ff).map((code) => String.fromCharCode(code)) }), (line) => {
        jar.take(line, url);
        expect(jar.header(url)).toMatch(/^[\x20-\x7e\x80-\xff]*$/);
      }),
    );
  });
});

describe('addresses in style sheets', () => {
  test('are found where they count, and only there', () => {
    const css = `@import "a.css"; @import url(b.css) print; /* url(no) */ .x { content: "url(no)";
      background: url( 'c d.png' ), URL(e\\)f.png) } @font-face { src: url("g.woff2") }`;
    expect(cssLinks(css).map(({ url, isImport }) => [url, isImport])).toEqual([
      ['a.css', true],
      ['b.css', true],
      ['c d.png', false],
      ['e)f.png', false],
      ['g.woff2', false],
    ]);
    expect(
      replaceCssLinks('a{b:url(x)}c{d:url(y)}', cssLinks('a{b:url(x)}c{d:url(y)}'), ({ url }) =>
        url === 'x' ? 'data:"' : undefined,
      ),
    ).toBe('a{b:url("data:\\22 ")}c{d:url(y)}');
  });

  test('are replaced by ones that are found again, in any text', () => {
    const piece = fc.oneof(
      fc.constantFrom('url(', '@import ', '"', "'", ')', '/*', '*/', '\\', '\n', ' '),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const css = pieces.join('');
        const links = cssLinks(css);
        const replaced = replaceCssLinks(css, links, () => undefined);
        expect(replaced).toBe(css);
      }),
    );
  });

  test('cost no more than their text is long', () => {
    const css = '/*url('.repeat(100_000);
    expect(cssLinks(css)).toEqual([]);
    expect(cssLinks('@import '.repeat(100_000))).toEqual([]);
  });
});

test.each([
  [[['content-type', 'text/html; charset=utf-8']], '', 'html'],
  [[['content-type', 'application/json']], '', 'text'],
  [[['content-type', 'image/png']], '', 'image'],
  [[['content-type', 'application/zip']], '', 'file'],
  [
    [
      ['content-type', 'text/html'],
      ['content-disposition', 'attachment; filename=x'],
    ],
    '',
    'file',
  ],
  [[], ' <p>', 'html'],
  [[], 'plain', 'text'],
  [[], '\xff\x00', 'file'],
] as [[string, string][], string, string][])('%j %j is shown as %s', (fields, body, presentation) => {
  const bytes = Uint8Array.from(body, (it) => it.charCodeAt(0));
  expect(presentationOf(fields, bytes)).toBe(presentation);
});
