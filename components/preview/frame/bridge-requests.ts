import type { CarriedAnswer } from '@/lib/preview/messages';
import type { BridgePage } from './bridge-page';
import { CarriedRequest } from './carried-request';

/** `fetch` and `XMLHttpRequest`, carried to the page's own service; what cannot be carried says so. */
export function carryRequests({ talk }: BridgePage): void {
  const ask = async (request: Request): Promise<CarriedAnswer> => {
    const body = /^(?:GET|HEAD)$/.test(request.method)
      ? undefined
      : new Uint8Array(await request.arrayBuffer());
    const { url, method } = request;
    return talk.ask({ purpose: 'fetch', url, method, fields: [...request.headers], body });
  };

  window.fetch = async (input, init) => {
    const request =
      input instanceof Request
        ? new Request(input, init)
        : new Request(new URL(input, document.baseURI), init);
    request.signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) =>
      request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true }),
    );
    if (/^(?:data|blob):/.test(request.url)) return ownFetch(request);
    const carried = ask(request).then(responseOf, (cause: unknown) => {
      throw new TypeError(cause instanceof Error ? cause.message : String(cause));
    });
    return Promise.race([carried, aborted]);
  };

  CarriedRequest.ask = ask;
  window.XMLHttpRequest = CarriedRequest as unknown as typeof XMLHttpRequest;

  for (const name of ['WebSocket', 'EventSource'] as const) {
    const refusing = new Proxy(window[name], {
      construct(target, [url]: [unknown]) {
        talk.tell({
          type: 'omitted',
          what: String(url).slice(0, 512),
          why: `The preview carries no ${name}.`,
        });
        return new target(String(url));
      },
    });
    Object.defineProperty(window, name, { value: refusing });
  }
  // The one way out that no policy closes. The page can find it elsewhere; it holds nothing that must not get out.
  Reflect.deleteProperty(window, 'RTCPeerConnection');
  Reflect.deleteProperty(window, 'webkitRTCPeerConnection');
  navigator.sendBeacon = (url, body) => {
    void window.fetch(url, { method: 'POST', body: body ?? null }).catch(() => undefined);
    return true;
  };
}

/** Reaches what is in an address itself. */
const ownFetch = window.fetch.bind(window);

/** @returns as if it had come over the network */
function responseOf({ url, status, reason, fields, body, isRedirected }: CarriedAnswer): Response {
  const hasBody = ![204, 205, 304].includes(status);
  const response = new Response(hasBody ? new Uint8Array(body) : null, {
    status,
    statusText: reason.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''),
    headers: fields.map(([name, value]): [string, string] => [name, value]),
  });
  Object.defineProperties(response, { url: { value: url }, redirected: { value: isRedirected } });
  return response;
}
