// https://xhr.spec.whatwg.org/
import type { CarriedAnswer } from '@/lib/preview/messages';

/** An XMLHttpRequest whose request is carried. Synchronous ones are not: nothing can wait for a message. */
export class CarriedRequest extends EventTarget {
  static ask: (request: Request) => Promise<CarriedAnswer>;
  static readonly UNSENT = 0;
  static readonly OPENED = 1;
  static readonly HEADERS_RECEIVED = 2;
  static readonly LOADING = 3;
  static readonly DONE = 4;

  readonly UNSENT = 0;
  readonly OPENED = 1;
  readonly HEADERS_RECEIVED = 2;
  readonly LOADING = 3;
  readonly DONE = 4;
  readonly upload = new EventTarget();
  readyState = 0;
  responseType: XMLHttpRequestResponseType = '';
  timeout = 0;
  withCredentials = false;
  private request: { method: string; url: string; headers: Headers } | undefined;
  private answer: CarriedAnswer | undefined;
  private mimeType: string | undefined;
  /** Of the sending that counts: an abort makes it another. */
  private turn = 0;

  constructor() {
    super();
    for (const type of [
      'readystatechange',
      'loadstart',
      'progress',
      'load',
      'error',
      'abort',
      'timeout',
      'loadend',
    ]) {
      this.addEventListener(type, (event) => {
        const listener: unknown = Reflect.get(this, `on${type}`);
        if (typeof listener === 'function') listener.call(this, event);
      });
    }
  }

  open(method: string, url: string | URL, isAsync = true): void {
    if (!isAsync)
      throw new DOMException('The preview carries no synchronous requests.', 'InvalidAccessError');
    this.turn++;
    this.answer = undefined;
    this.request = { method, url: new URL(url, document.baseURI).href, headers: new Headers() };
    this.become(1);
  }

  setRequestHeader(name: string, value: string): void {
    if (this.readyState !== 1) throw new DOMException('The request is not open.', 'InvalidStateError');
    this.request?.headers.append(name, value);
  }

  overrideMimeType(type: string): void {
    this.mimeType = type;
  }

  send(body?: Document | XMLHttpRequestBodyInit | null): void {
    if (!this.request || this.readyState !== 1)
      throw new DOMException('The request is not open.', 'InvalidStateError');
    const { method, url, headers } = this.request;
    const content = body instanceof Document ? new XMLSerializer().serializeToString(body) : body;
    const isBare = /^(?:get|head)$/i.test(method);
    const request = new Request(url, { method, headers, body: isBare ? null : (content ?? null) });
    const turn = ++this.turn;
    this.tell('loadstart');
    if (this.timeout > 0) setTimeout(() => this.give(turn, 'timeout'), this.timeout);
    CarriedRequest.ask(request).then(
      (answer) => this.take(turn, answer),
      () => this.give(turn, 'error'),
    );
  }

  abort(): void {
    this.give(this.turn, 'abort');
    this.readyState = 0;
  }

  get status(): number {
    return this.answer?.status ?? 0;
  }

  get statusText(): string {
    return this.answer?.reason ?? '';
  }

  get responseURL(): string {
    return this.answer?.url ?? '';
  }

  get responseText(): string {
    return this.answer ? new TextDecoder().decode(this.answer.body) : '';
  }

  get responseXML(): Document | null {
    return this.answer ? new DOMParser().parseFromString(this.responseText, 'text/xml') : null;
  }

  get response(): unknown {
    const { answer } = this;
    switch (this.responseType) {
      case '':
      case 'text':
        return this.responseText;
      case 'json':
        try {
          return answer ? (JSON.parse(this.responseText) as unknown) : null;
        } catch {
          return null;
        }
      case 'arraybuffer':
        return answer ? new Uint8Array(answer.body).buffer : null;
      case 'blob':
        return answer
          ? new Blob([new Uint8Array(answer.body)], {
              type: this.mimeType ?? this.getResponseHeader('content-type') ?? '',
            })
          : null;
      case 'document':
        return this.responseXML;
    }
  }

  getResponseHeader(name: string): string | null {
    const values =
      this.answer?.fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value) ?? [];
    return values.length > 0 ? values.join(', ') : null;
  }

  getAllResponseHeaders(): string {
    return this.answer?.fields.map(([name, value]) => `${name}: ${value}\r\n`).join('') ?? '';
  }

  private take(turn: number, answer: CarriedAnswer): void {
    if (turn !== this.turn) return;
    this.turn++;
    this.answer = answer;
    this.become(2);
    this.become(3);
    this.become(4);
    this.tell('load');
    this.tell('loadend');
  }

  /** Without an answer. */
  private give(turn: number, how: 'error' | 'abort' | 'timeout'): void {
    if (turn !== this.turn || this.readyState === 0 || this.readyState === 4) return;
    this.turn++;
    this.become(4);
    this.tell(how);
    this.tell('loadend');
  }

  private become(state: number): void {
    this.readyState = state;
    this.dispatchEvent(new Event('readystatechange'));
  }

  private tell(type: string): void {
    const length = this.answer?.body.length ?? 0;
    this.dispatchEvent(new ProgressEvent(type, { lengthComputable: true, loaded: length, total: length }));
  }
}
