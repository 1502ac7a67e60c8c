import type { BridgePage } from './bridge-page';

/** A page of no origin has neither cookies nor storage: it gets the preview's cookies, and storage that ends with it. */
export function offerStorage(page: BridgePage): void {
  Object.defineProperty(document, 'cookie', {
    get: () => page.cookies,
    set(value: unknown) {
      const text = String(value);
      const [, name = '', rest = ''] = /^\s*([^=;]+)=([^;]*)/.exec(text) ?? [];
      page.talk.tell({ type: 'cookie', text: text.slice(0, 4096) });
      // As the jar will have it, as far as this page can see.
      const others = page.cookies.split('; ').filter((it) => it !== '' && !it.startsWith(`${name}=`));
      const isGone = /;\s*(?:max-age=(?:0|-\d+)|expires=[^;]*1970)/i.test(text);
      page.cookies = (isGone ? others : [...others, `${name}=${rest.trim()}`]).join('; ');
    },
  });
  for (const name of ['localStorage', 'sessionStorage']) {
    const storage = new MemoryStorage();
    Object.defineProperty(window, name, { get: () => storage });
  }
}

/** Keys and values may be anything, and are kept as text. */
class MemoryStorage implements Storage {
  [name: string]: unknown;
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  clear(): void {
    this.#items.clear();
  }
}
