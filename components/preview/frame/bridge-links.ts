import type { BridgePage } from './bridge-page';

/** A click on a link asks the site for another page. */
export function carryLinks(page: BridgePage): void {
  const { talk } = page;
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    const link = event
      .composedPath()
      .find((it) => it instanceof HTMLAnchorElement || it instanceof HTMLAreaElement);
    if (!link?.hasAttribute('href') || link.protocol === 'javascript:') return;
    event.preventDefault();
    const target = new URL(link.href);
    if (withoutHash(target.href) === withoutHash(page.url)) {
      const place = decodeURIComponent(target.hash.slice(1));
      if (place === '' || place === 'top') scrollTo(0, 0);
      else document.getElementById(place)?.scrollIntoView();
    } else if (/^https?:$/.test(link.protocol)) {
      talk.tell({ type: 'go', method: 'GET', url: link.href, fields: [] });
    } else {
      talk.tell({
        type: 'omitted',
        what: link.href.slice(0, 512),
        why: 'Such links lead out of the preview.',
      });
    }
  });
}

/** A form asks the site for another page: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-2 */
export function carryForms({ talk }: BridgePage): void {
  const send = async (form: HTMLFormElement, submitter: HTMLElement | null) => {
    const attribute = (name: string) =>
      submitter?.getAttribute(`form${name}`) ?? HTMLFormElement.prototype.getAttribute.call(form, name) ?? '';
    const data = new FormData(form, submitter);
    const url = new URL(attribute('action') || document.baseURI, document.baseURI);
    if (attribute('method').toLowerCase() !== 'post') {
      url.search = asQuery(data).toString();
      talk.tell({ type: 'go', method: 'GET', url: url.href, fields: [] });
      return;
    }
    const isMultipart = attribute('enctype').toLowerCase() === 'multipart/form-data';
    const body = new Response(isMultipart ? data : asQuery(data));
    const contentType = body.headers.get('content-type') ?? 'application/octet-stream';
    const bytes = new Uint8Array(await body.arrayBuffer());
    talk.tell({
      type: 'go',
      method: 'POST',
      url: url.href,
      fields: [['Content-Type', contentType]],
      body: bytes,
    });
  };

  addEventListener('submit', (event) => {
    if (event.defaultPrevented || !(event.target instanceof HTMLFormElement)) return;
    if ((event.submitter?.getAttribute('formmethod') ?? event.target.method) === 'dialog') return;
    event.preventDefault();
    void send(event.target, event.submitter);
  });
  HTMLFormElement.prototype.submit = function submit(this: HTMLFormElement) {
    void send(this, null);
  };
}

function asQuery(data: FormData): URLSearchParams {
  return new URLSearchParams(
    [...data].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]),
  );
}

function withoutHash(url: string): string {
  return url.replace(/#.*$/s, '');
}
