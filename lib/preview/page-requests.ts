import { messageOf } from '../base/hull-error';
import { settle } from './address';
import { previewFailures } from './failures';
import type { HttpRequest } from './http-exchange';
import { previewLimits } from './limits';
import type { CarriedAnswer, FrameMessage, PageMessage } from './messages';
import { Turnstile } from './turnstile';
import type { VisitedAnswer, Visitor } from './visitor';

type Ask = Extract<FrameMessage, { type: 'ask' }>;

const queueLimit = 256;

/** Answers what one page asks for, within the limits of a page. */
export class PageRequests {
  private readonly turnstile = new Turnstile(previewLimits.connections);
  private bytesLeft: number;
  private requestsLeft: number = previewLimits.requests;

  /**
   * @param page the address of the page
   * @param bytes what the page itself took
   */
  constructor(
    private readonly visitor: Visitor,
    private readonly page: URL,
    bytes: number,
    private readonly signal: AbortSignal,
  ) {
    this.bytesLeft = previewLimits.pageBytes - bytes;
  }

  /** What the frame is to be told; undefined once the page is gone. */
  async answer(ask: Ask): Promise<PageMessage | undefined> {
    try {
      this.charge(ask.body?.length ?? 0);
      if (this.requestsLeft-- <= 0 || this.turnstile.queued >= queueLimit) throw previewFailures.tooMuch();
      const request = requestOf(ask, this.page);
      if (ask.purpose === 'fetch' && request.url.origin !== this.page.origin)
        throw previewFailures.crossOrigin(request.url);
      const answer = await this.turnstile.pass(() => {
        this.charge(0);
        const limit = Math.min(previewLimits.bodyBytes, this.bytesLeft);
        return this.visitor.ask(request, limit, this.signal);
      });
      this.charge(answer.body.length);
      if (ask.purpose === 'fetch' && answer.url.origin !== this.page.origin)
        throw previewFailures.crossOrigin(answer.url);
      return { type: 'answer', id: ask.id, answer: carried(answer, this.visitor.visibleCookies(this.page)) };
    } catch (cause) {
      if (this.signal.aborted) return undefined;
      return { type: 'answer', id: ask.id, answer: { type: 'failed', why: messageOf(cause) } };
    }
  }

  private charge(bytes: number): void {
    this.bytesLeft -= bytes;
    if (this.bytesLeft < 0) throw previewFailures.tooMuch();
  }
}

/** @throws HullError `preview-request` */
export function requestOf(
  { method, url, fields, body }: Pick<Ask, 'method' | 'url' | 'fields' | 'body'>,
  page: URL,
): HttpRequest {
  const others = fields.filter(([name]) => !/^(?:referer|user-agent|origin)$/i.test(name));
  const referer = `${page.origin}${page.pathname}${page.search}`;
  const request: HttpRequest = {
    method: method.toUpperCase(),
    url: settle(parse(url, page), page),
    fields: [...others, ['User-Agent', userAgent], ['Referer', referer]],
  };
  if (!/^(?:GET|HEAD)$/.test(request.method)) {
    request.fields = [...request.fields, ['Origin', page.origin]];
    if (body) request.body = body;
  }
  return request;
}

export const userAgent = 'Mozilla/5.0 (Twinhull preview)';

export function carried(answer: VisitedAnswer, cookies: string): CarriedAnswer {
  return {
    type: 'answered',
    url: answer.url.href,
    isRedirected: answer.isRedirected,
    status: answer.status,
    reason: answer.reason,
    fields: answer.fields.filter(([name]) => name !== 'set-cookie'),
    body: answer.body,
    cookies,
  };
}

function parse(url: string, base: URL): URL {
  try {
    return new URL(url, base);
  } catch {
    throw previewFailures.badRequest('its address is none');
  }
}
