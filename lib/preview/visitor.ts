import type { HttpField } from '../engine/http-answer';
import type { ConnectTarget, Guest } from '../guest/guest';
import { settle } from './address';
import { CookieJar } from './cookie-jar';
import { previewFailures } from './failures';
import { exchange, type HttpRequest, type HttpWholeAnswer } from './http-exchange';
import { previewLimits } from './limits';

/** Where a host name of the lab leads. */
export interface Destination {
  guest: Pick<Guest, 'connect'>;
  /** Another address of the guest than its loopback. */
  host?: string;
}

export interface VisitedAnswer extends HttpWholeAnswer {
  /** The last one, when the request was sent on. */
  url: URL;
  /** The method that was answered. */
  method: string;
  isRedirected: boolean;
}

const cookieHostLimit = 32;

/** Asks services as a browser does: with their cookies, and on to where they send it. */
export class Visitor {
  private readonly jars = new Map<string, CookieJar>();

  /**
   * @param find the guest behind a host name; undefined when it is none of the lab's
   * @param now milliseconds since the epoch, by which cookies expire
   */
  constructor(
    private readonly find: (url: URL) => Destination | undefined,
    private readonly now: () => number,
  ) {}

  /** @throws HullError with what is in the way, as `exchange` does, or `preview-elsewhere`, `preview-protocol`, `preview-redirects` */
  async ask(request: HttpRequest, limitBytes: number, signal: AbortSignal): Promise<VisitedAnswer> {
    let now = request;
    for (let count = 0; count <= previewLimits.redirects; count++) {
      const answer = await this.askOnce(now, limitBytes, signal);
      const next = follow(now, answer);
      if (!next) return { ...answer, url: now.url, method: now.method, isRedirected: count > 0 };
      now = next;
    }
    throw previewFailures.redirects();
  }

  /** What `document.cookie` is on a page. */
  visibleCookies(url: URL): string {
    return this.jars.get(url.hostname)?.visible(url) ?? '';
  }

  takeCookie(line: string, url: URL): void {
    this.jarOf(url).take(line, url, { fromScript: true });
  }

  private async askOnce(
    request: HttpRequest,
    limitBytes: number,
    signal: AbortSignal,
  ): Promise<HttpWholeAnswer> {
    const { url } = request;
    if (url.protocol !== 'http:') throw previewFailures.notHttp(url);
    const destination = this.find(url);
    if (!destination) throw previewFailures.elsewhere(url);
    const target: ConnectTarget = { type: 'tcp', port: Number(url.port || 80) };
    if (destination.host !== undefined) target.host = destination.host;
    const cookies = this.jars.get(url.hostname)?.header(url) ?? '';
    const others = request.fields.filter(([name]) => !/^cookie$/i.test(name));
    const fields: HttpField[] = cookies === '' ? others : [...others, ['Cookie', cookies]];
    const answer = await exchange(destination.guest, target, { ...request, fields }, limitBytes, signal);
    for (const [name, value] of answer.fields) {
      if (name === 'set-cookie') this.jarOf(url).take(value, url);
    }
    return answer;
  }

  private jarOf({ hostname }: URL): CookieJar {
    const jar = this.jars.get(hostname) ?? new CookieJar(this.now);
    this.jars.set(hostname, jar);
    const [oldest] = this.jars.keys();
    if (this.jars.size > cookieHostLimit && oldest !== undefined) this.jars.delete(oldest);
    return jar;
  }
}

/** The request that a redirect asks for: https://fetch.spec.whatwg.org/#http-redirect-fetch */
function follow(request: HttpRequest, { status, fields }: HttpWholeAnswer): HttpRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = fields.find(([name]) => name === 'location')?.[1];
  if (location === undefined) return undefined;
  const url = parse(location, request.url);
  if (url.href.length > previewLimits.urlCharacters) throw previewFailures.badAddress(location);
  const { method } = request;
  const becomesGet =
    (status === 303 && method !== 'GET' && method !== 'HEAD') || (status < 303 && method === 'POST');
  if (!becomesGet) return { ...request, url };
  const { body: _, ...rest } = request;
  return {
    ...rest,
    url,
    method: 'GET',
    fields: request.fields.filter(([name]) => !/^content-/i.test(name)),
  };
}

function parse(location: string, base: URL): URL {
  try {
    return settle(new URL(location, base), base);
  } catch {
    throw previewFailures.badAddress(location);
  }
}
