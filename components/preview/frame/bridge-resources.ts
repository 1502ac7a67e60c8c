import type { PageResource, ResourceAnswer, ResourceKind } from './page-resource';

const carried: readonly (readonly [
  of: { prototype: Element },
  attribute: 'src' | 'href',
  kind: ResourceKind,
])[] = [
  [HTMLImageElement, 'src', 'image'],
  [HTMLScriptElement, 'src', 'script'],
  [HTMLLinkElement, 'href', 'style'],
];

/** What scripts put into the page after it has come: their addresses give way to ones that need no network. */
export function carryResources(post: (message: PageResource) => void) {
  const waiting = new Map<number, (data: string | undefined) => void>();
  const setAttribute = Element.prototype.setAttribute;
  let nextId = 0;

  const kindOf = (it: Element, name: string) => {
    if (it instanceof HTMLLinkElement && it.rel !== 'stylesheet') return undefined;
    return carried.find(
      ([{ prototype }, attribute]) => attribute === name && Object.is(prototype, prototypeOf(it)),
    )?.[2];
  };
  /** @returns whether the address is on its way; until then the element has none, and asks nobody */
  const carry = (it: Element, name: string, value: string): boolean => {
    const kind = kindOf(it, name);
    const url = kind && URL.canParse(value, document.baseURI) ? new URL(value, document.baseURI) : undefined;
    if (kind === undefined || !url || !/^https?:$/.test(url.protocol)) return false;
    const id = nextId++;
    waiting.set(id, (data) => {
      if (data === undefined) it.dispatchEvent(new Event('error'));
      else setAttribute.call(it, name, data);
    });
    post({ type: 'resource', id, kind, url: url.href });
    return true;
  };

  Element.prototype.setAttribute = function (name, value) {
    // The page may give it anything.
    if (!carry(this, name.toLowerCase(), value)) setAttribute.call(this, name, value);
  };
  for (const [{ prototype }, attribute] of carried) {
    const own = Object.getOwnPropertyDescriptor(prototype, attribute);
    if (own)
      Object.defineProperty(prototype, attribute, {
        ...own,
        set(this: Element, value: unknown) {
          if (!carry(this, attribute, String(value))) own.set?.call(this, value);
        },
      });
  }
  // What comes as HTML text. Scripts among it never run, in no browser.
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        for (const it of [node, ...node.querySelectorAll('img[src], link[rel=stylesheet][href]')]) {
          const name = it.hasAttribute('src') ? 'src' : 'href';
          if (it instanceof HTMLScriptElement) continue;
          if (carry(it, name, it.getAttribute(name) ?? '')) it.removeAttribute(name);
        }
      }
    }
  }).observe(document, { childList: true, subtree: true });

  return {
    take({ id, data }: ResourceAnswer): void {
      const settle = waiting.get(id);
      waiting.delete(id);
      settle?.(data);
    },
  };
}

function prototypeOf(it: Element): unknown {
  return Object.getPrototypeOf(it);
}
