import { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { parseAddress, settle } from './address';
import { previewFailures } from './failures';
import type { HttpRequest } from './http-exchange';
import { previewLimits } from './limits';
import { type FrameMessage, frameMessage, type PageMessage, type Presentation } from './messages';
import { carried, PageRequests, requestOf, userAgent } from './page-requests';
import { presentationOf, valueOf } from './presentation';
import { type Destination, type VisitedAnswer, Visitor } from './visitor';

/** Something of a page that is not shown. */
export interface Omission {
  what: string;
  why: string;
}

/** A page that came. */
export interface PreviewPage {
  /** Of this visit: the same address loaded again is another page. */
  id: number;
  answer: VisitedAnswer;
  presentation: Presentation;
  /** Milliseconds from the request to the whole answer, sub-resources not counted. */
  tookMs: number;
}

/** What a page has said of itself since it came. */
export interface PageReport {
  title: string;
  omissions: readonly Omission[];
}

export type PreviewActivity =
  | { type: 'idle' }
  /** What was shown before still is. */
  | { type: 'loading'; url: URL }
  /** Nothing is shown. */
  | { type: 'failed'; url: URL; cause: unknown };

export interface PreviewTrail {
  canGoBack: boolean;
  canGoForward: boolean;
}

/** What the session takes from its surroundings. */
export interface PreviewParts {
  /** The guest behind a host name of the lab. */
  find(url: URL): Destination | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<void>;
}

/** A container is there before its service listens: so long somebody who came too early is let wait at the door. */
const patienceMs = 5000;
const knockEveryMs = 200;

const omissionLimit = 100;
const noReport: PageReport = { title: '', omissions: [] };

/**
 * One visitor of the lab's services: an address bar's worth of state. Pages run in a frame that reaches nothing by itself;
 * everything that it wants comes through `frameFor`, and is judged here.
 */
export class PreviewSession implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly visitor: Visitor;
  private readonly pages = new Store<PreviewPage | undefined>(undefined);
  private readonly reports = new Store<PageReport>(noReport);
  private readonly activities = new Store<PreviewActivity>({ type: 'idle' });
  private readonly trails = new Store<PreviewTrail>({ canGoBack: false, canGoForward: false });
  private readonly addresses: Store<URL>;
  private history: URL[] = [];
  private place = -1;
  private loading = new AbortController();
  private shown = new AbortController();
  private leaps: number[] = [];
  private nextId = 1;

  readonly page: ReadonlyStore<PreviewPage | undefined> = this.pages;
  readonly report: ReadonlyStore<PageReport> = this.reports;
  readonly activity: ReadonlyStore<PreviewActivity> = this.activities;
  readonly trail: ReadonlyStore<PreviewTrail> = this.trails;
  /** Of what is shown or on its way. */
  readonly address: ReadonlyStore<URL>;

  /** @param home what typed addresses without a host are understood by */
  constructor(
    private readonly parts: PreviewParts,
    home: URL,
  ) {
    this.visitor = new Visitor((url) => parts.find(url), parts.now);
    this.address = this.addresses = new Store(home);
    this.owned.defer(() => {
      this.loading.abort();
      this.shown.abort();
    });
  }

  /** @param typed as in an address bar */
  open(typed: string | URL): void {
    this.leaps = [];
    try {
      const here = this.addresses.get();
      const url = typeof typed === 'string' ? settle(parseAddress(typed, here), here) : typed;
      void this.load(get(url), 'push');
    } catch (cause) {
      this.fail(this.addresses.get(), cause);
    }
  }

  back(): void {
    this.step(-1);
  }

  forward(): void {
    this.step(1);
  }

  /** With GET, also where the page was the answer to a form. */
  reload(): void {
    this.leaps = [];
    void this.load(get(this.addresses.get()), 'stay');
  }

  /** What is on its way is given up; what is shown stays, and gets nothing more. */
  stop(): void {
    this.loading.abort();
    this.shown.abort();
    this.activities.set({ type: 'idle' });
  }

  dispose(): void {
    this.owned.dispose();
  }

  /**
   * The other end of a page's frame.
   * @param post to the frame; what it is given may be transferred
   * @returns takes whatever the frame says
   */
  frameFor(page: PreviewPage, post: (message: PageMessage) => void): (data: unknown) => void {
    const { signal } = this.shown;
    const requests = new PageRequests(this.visitor, page.answer.url, page.answer.body.length, signal);
    return (data) => {
      const read = frameMessage.safeParse(data);
      if (!read.success || signal.aborted || this.pages.get() !== page) return;
      this.take(page, read.data, requests, post);
    };
  }

  private take(
    page: PreviewPage,
    message: FrameMessage,
    requests: PageRequests,
    post: (message: PageMessage) => void,
  ): void {
    switch (message.type) {
      case 'ready':
        post({
          type: 'show',
          presentation: page.presentation,
          contentType: valueOf(page.answer.fields, 'content-type'),
          document: carried(page.answer, this.visitor.visibleCookies(page.answer.url)),
        });
        return;
      case 'ask':
        void requests.answer(message).then((answer) => {
          if (answer && this.pages.get() === page) post(answer);
        });
        return;
      case 'go':
        this.leap(page, message);
        return;
      case 'address':
        this.rename(page, message);
        return;
      case 'cookie':
        this.visitor.takeCookie(message.text, page.answer.url);
        return;
      case 'shown':
        this.reports.set({ ...this.reports.get(), title: message.title });
        return;
      case 'omitted':
        this.omit(message);
        return;
      case 'went-away':
        this.fail(page.answer.url, previewFailures.wentAway());
        return;
    }
  }

  private leap(page: PreviewPage, message: Extract<FrameMessage, { type: 'go' }>): void {
    const now = this.parts.now();
    this.leaps = [...this.leaps.filter((at) => now - at < previewLimits.leapsWithinMs), now];
    if (this.leaps.length > previewLimits.leaps) {
      this.fail(page.answer.url, previewFailures.leaps());
      return;
    }
    try {
      void this.load(requestOf(message, page.answer.url), 'push');
    } catch (cause) {
      this.fail(page.answer.url, cause);
    }
  }

  /** `history.pushState` and its kin: within the origin, as in browsers. */
  private rename(page: PreviewPage, { url, replaces }: { url: string; replaces: boolean }): void {
    const renamed = URL.canParse(url, page.answer.url) ? new URL(url, page.answer.url) : undefined;
    if (renamed?.origin !== page.answer.url.origin || this.activities.get().type === 'loading') return;
    this.record(renamed, replaces ? 'stay' : 'push');
  }

  private omit({ what, why }: Omission): void {
    const { omissions, title } = this.reports.get();
    if (omissions.length >= omissionLimit || omissions.some((it) => it.what === what && it.why === why))
      return;
    this.reports.set({ title, omissions: [...omissions, { what, why }] });
  }

  private step(by: 1 | -1): void {
    const url = this.history[this.place + by];
    if (!url) return;
    this.leaps = [];
    void this.load(get(url), by);
  }

  private async load(request: HttpRequest, how: 'push' | 'stay' | 1 | -1): Promise<void> {
    if (this.owned.isDisposed) return;
    this.loading.abort();
    const loading = (this.loading = new AbortController());
    const { signal } = loading;
    const startedAt = this.parts.now();
    this.activities.set({ type: 'loading', url: request.url });
    try {
      const answer = await this.askPatiently(request, startedAt, signal);
      if (signal.aborted) return;
      // The fragment survives redirects that have none of their own.
      if (answer.url.hash === '') answer.url.hash = request.url.hash;
      this.shown.abort();
      this.shown = new AbortController();
      this.reports.set(noReport);
      this.record(answer.url, how);
      this.pages.set({
        id: this.nextId++,
        answer,
        presentation: presentationOf(answer.fields, answer.body),
        tookMs: this.parts.now() - startedAt,
      });
      this.activities.set({ type: 'idle' });
    } catch (cause) {
      if (signal.aborted) return;
      this.record(request.url, how);
      this.fail(request.url, cause);
    }
  }

  private async askPatiently(
    request: HttpRequest,
    since: number,
    signal: AbortSignal,
  ): Promise<VisitedAnswer> {
    for (;;) {
      try {
        return await this.visitor.ask(request, previewLimits.bodyBytes, signal);
      } catch (cause) {
        const isEarly = cause instanceof HullError && cause.code === 'connect-failed' && !signal.aborted;
        if (!isEarly || this.parts.now() - since >= patienceMs) throw cause;
        await this.parts.pause(knockEveryMs);
      }
    }
  }

  private fail(url: URL, cause: unknown): void {
    this.stop();
    this.pages.set(undefined);
    this.reports.set(noReport);
    this.activities.set({ type: 'failed', url, cause });
  }

  private record(url: URL, how: 'push' | 'stay' | 1 | -1): void {
    if (how === 'push' && url.href !== this.history[this.place]?.href) {
      this.history = [...this.history.slice(0, this.place + 1), url].slice(-previewLimits.historyEntries);
      this.place = this.history.length - 1;
    } else if (typeof how === 'number') {
      this.place += how;
    }
    if (this.place < 0) this.place = this.history.push(url) - 1;
    this.history[this.place] = url;
    this.addresses.set(url);
    this.trails.set({ canGoBack: this.place > 0, canGoForward: this.place < this.history.length - 1 });
  }
}

function get(url: URL): HttpRequest {
  const fields = [
    ['User-Agent', userAgent],
    ['Accept', 'text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.8'],
  ] as const;
  return { method: 'GET', url, fields };
}
