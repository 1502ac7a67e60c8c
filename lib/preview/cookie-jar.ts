// RFC 6265

interface Cookie {
  name: string;
  value: string;
  path: string;
  /** On the jar's clock. */
  expiresMs: number;
  /** Not for scripts. */
  isHidden: boolean;
}

const cookieLimit = 64;
const cookieCharacters = 4096;

const unsendable = /[\x00-\x1f\x7f]|[^\x00-\xff]/;

/**
 * What one host asks its visitor to remember, for as long as a preview lasts. As in browsers, ports share it.
 * `Domain` is not needed, as every host is one machine; `Secure` and `SameSite` are passed over: nothing else is here.
 */
export class CookieJar {
  private cookies: Cookie[] = [];

  /** @param now milliseconds since the epoch */
  constructor(private readonly now: () => number) {}

  /** @param line of Set-Cookie, or what a script assigns to `document.cookie` */
  take(line: string, url: URL, { fromScript = false } = {}): void {
    const [pair = '', ...attributes] = line.split(';', 16);
    if (pair.length > cookieCharacters || unsendable.test(pair)) return;
    const [name, value] = split(pair);
    if (name === '' || value === undefined) return;
    const cookie: Cookie = {
      name,
      value,
      path: defaultPath(url),
      expiresMs: Infinity,
      isHidden: false,
    };
    let maxAge: number | undefined;
    for (const attribute of attributes) {
      const [key, given = ''] = split(attribute);
      switch (key.toLowerCase()) {
        case 'path':
          if (given.startsWith('/') && given.length <= 1024) cookie.path = given;
          break;
        case 'expires': {
          const at = Date.parse(given);
          if (!Number.isNaN(at)) cookie.expiresMs = at;
          break;
        }
        case 'max-age':
          if (/^-?\d{1,12}$/.test(given)) maxAge = Number(given);
          break;
        case 'httponly':
          cookie.isHidden = true;
          break;
        default:
      }
    }
    if (maxAge !== undefined) cookie.expiresMs = maxAge <= 0 ? -Infinity : this.now() + maxAge * 1000;
    const former = this.cookies.find((other) => other.name === name && other.path === cookie.path);
    if (fromScript && (cookie.isHidden || former?.isHidden)) return;
    this.cookies = this.cookies.filter((other) => other !== former);
    if (cookie.expiresMs > this.now()) this.cookies.push(cookie);
    // The oldest gives way.
    if (this.cookies.length > cookieLimit) this.cookies.shift();
  }

  /** The value of the Cookie header; empty without cookies. */
  header(url: URL): string {
    return this.text(url, () => true);
  }

  /** What a script reads as `document.cookie`. */
  visible(url: URL): string {
    return this.text(url, ({ isHidden }) => !isHidden);
  }

  private text(url: URL, accept: (cookie: Cookie) => boolean): string {
    return this.cookies
      .filter(
        (cookie) => cookie.expiresMs > this.now() && isBelow(url.pathname, cookie.path) && accept(cookie),
      )
      .sort((one, other) => other.path.length - one.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}

/** `name=value` without the blanks around each; no value without an equals sign. */
function split(pair: string): [name: string, value: string | undefined] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair.trim(), undefined] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

function defaultPath({ pathname }: URL): string {
  return pathname.slice(0, pathname.lastIndexOf('/')) || '/';
}

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
