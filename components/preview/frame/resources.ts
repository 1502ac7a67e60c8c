import { cssLinks, replaceCssLinks } from '@/lib/preview/css-links';
import type { Talk } from './talk';
import { dataUrl, decodeText } from './data-url';
import type { ResourceKind } from './page-resource';

export interface Resource {
  bytes: Uint8Array;
  contentType: string;
}

/** A style sheet that imports one that imports one … */
const importDepth = 4;

const accepts: Record<ResourceKind, string> = {
  style: 'text/css,*/*;q=0.1',
  script: '*/*',
  image: 'image/*,*/*;q=0.8',
  media: '*/*',
};

/** What a page is made of, each address asked for once. */
export class Resources {
  private readonly asked = new Map<string, Promise<Resource>>();

  constructor(private readonly talk: Talk) {}

  /** The resource as an address that needs no network; undefined, and reported, when it does not come. */
  async inline(url: string, kind: ResourceKind, depth = 0): Promise<string | undefined> {
    try {
      const { bytes, contentType } = await this.fetch(url, kind, depth);
      return dataUrl(bytes, contentType);
    } catch (cause) {
      this.omit(url, cause instanceof Error ? cause.message : String(cause));
      return undefined;
    }
  }

  /** Style sheets come with everything that they name. */
  async fetch(url: string, kind: ResourceKind, depth = 0): Promise<Resource> {
    const key = `${kind} ${url}`;
    const known = this.asked.get(key);
    if (known) return known;
    const asked = this.ask(url, kind, depth);
    this.asked.set(key, asked);
    return asked;
  }

  /** @param base what the addresses in it are relative to */
  async inlineStyle(css: string, base: string, depth = 0): Promise<string> {
    const links = cssLinks(css);
    const inlined = await Promise.all(
      links.map(async ({ url, isImport }) => {
        const absolute = carriedUrl(url, base);
        if (absolute === undefined) return undefined;
        if (isImport && depth >= importDepth) {
          this.omit(absolute, `Style sheets import each other more than ${importDepth} deep.`);
          return undefined;
        }
        return this.inline(absolute, isImport ? 'style' : 'image', depth + 1);
      }),
    );
    return replaceCssLinks(css, links, (link) => inlined[links.indexOf(link)]);
  }

  omit(what: string, why: string): void {
    this.talk.tell({ type: 'omitted', what: what.slice(0, 512), why: why.slice(0, 512) });
  }

  private async ask(url: string, kind: ResourceKind, depth: number): Promise<Resource> {
    const answer = await this.talk.ask({
      purpose: 'resource',
      method: 'GET',
      url,
      fields: [['Accept', accepts[kind]]],
    });
    if (answer.status >= 400) throw new Error(`The service answered with ${answer.status} ${answer.reason}.`);
    const named = answer.fields.find(([name]) => name === 'content-type')?.[1] ?? '';
    if (kind === 'style') {
      const css = await this.inlineStyle(decodeText(answer.body, named), answer.url, depth);
      return { bytes: new TextEncoder().encode(css), contentType: 'text/css;charset=utf-8' };
    }
    if (kind === 'script') return { bytes: answer.body, contentType: 'text/javascript;charset=utf-8' };
    return { bytes: answer.body, contentType: named === '' ? 'application/octet-stream' : named };
  }
}

/** The absolute address without fragment; undefined for what needs no carrying (data:, blob:) or is no address. */
export function carriedUrl(url: string, base: string): string | undefined {
  if (!URL.canParse(url, base)) return undefined;
  const absolute = new URL(url, base);
  absolute.hash = '';
  return /^https?:$/.test(absolute.protocol) ? absolute.href : undefined;
}
