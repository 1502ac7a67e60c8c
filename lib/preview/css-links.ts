// https://www.w3.org/TR/css-syntax-3/

/** An address in a style sheet: what its `url(…)` or string holds, and where. */
export interface CssLink {
  /** Of the whole `url(…)` or string, in UTF-16 units. */
  start: number;
  end: number;
  url: string;
  /** It is another style sheet. */
  isImport: boolean;
}

// Comments and strings are matched so that what is in them is passed over; an open one takes the rest, or the line.
const tokens =
  /\/\*[\s\S]*?(?:\*\/|$)|(@import\s{1,32})?(?:url\(\s*(?:"((?:[^"\\\n]|\\[\s\S])*)"?|'((?:[^'\\\n]|\\[\s\S])*)'?|((?:[^"'()\\\s]|\\[\s\S])*))\s*\)?|"((?:[^"\\\n]|\\[\s\S])*)"?|'((?:[^'\\\n]|\\[\s\S])*)'?)/gi;

/** Every address in a style sheet, in order. Total over any text. */
export function cssLinks(css: string): CssLink[] {
  const links: CssLink[] = [];
  for (const match of css.matchAll(tokens)) {
    const [whole, atImport, quoted, singleQuoted, bare, string, singleString] = match;
    const isImport = atImport !== undefined;
    const inUrl = quoted ?? singleQuoted ?? bare;
    const text = inUrl ?? (isImport ? (string ?? singleString) : undefined);
    if (text === undefined || text === '') continue;
    const start = match.index + (atImport?.length ?? 0);
    links.push({ start, end: match.index + whole.length, url: unescape(text), isImport });
  }
  return links;
}

/** The style sheet with other addresses. `replace` answers undefined for those that stay. */
export function replaceCssLinks(
  css: string,
  links: readonly CssLink[],
  replace: (link: CssLink) => string | undefined,
): string {
  let result = '';
  let from = 0;
  for (const link of links) {
    const url = replace(link);
    if (url === undefined) continue;
    result += `${css.slice(from, link.start)}url("${escape(url)}")`;
    from = link.end;
  }
  return result + css.slice(from);
}

function unescape(text: string): string {
  return text.replace(
    /\\(?:([0-9a-f]{1,6})\s?|\n|([\s\S]))/gi,
    (_, hex: string | undefined, other?: string) => {
      if (hex === undefined) return other ?? '';
      const code = Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}

function escape(url: string): string {
  return url.replace(/["\\\n\r\f]/g, (it) => `\\${it.charCodeAt(0).toString(16)} `);
}
