// Runs first in every page that the preview shows: what the page wants of the network goes to the frame as messages.
// It is there for the page's good and guards nothing: the page's policy and its sandbox do that. docs/adr/0140
import type { PageMessage } from '@/lib/preview/messages';
import type { BridgeStart } from './document';
import { carryForms, carryLinks } from './bridge-links';
import { carryRequests } from './bridge-requests';
import { carryResources } from './bridge-resources';
import { offerStorage } from './bridge-storage';
import type { ResourceAnswer } from './page-resource';
import { Talk } from './talk';

function run(own: HTMLOrSVGScriptElement): void {
  const start = JSON.parse(own instanceof HTMLElement ? (own.dataset['start'] ?? '') : '') as BridgeStart;
  own.remove();
  const frame = parent;
  const talk = new Talk((message) => frame.postMessage(message, '*'), 1);
  let url = start.url;
  const page = {
    talk,
    get url() {
      return url;
    },
    cookies: start.cookies,
  };
  const resources = carryResources((message) => frame.postMessage(message, '*'));

  addEventListener('message', ({ source, data }) => {
    if (source !== frame) return;
    const message = data as PageMessage | ResourceAnswer;
    if (message.type === 'resource') resources.take(message);
    else if (message.type === 'answer') {
      if (message.answer.type === 'answered') page.cookies = message.answer.cookies;
      talk.take(message);
    }
  });

  carryLinks(page);
  carryForms(page);
  carryRequests(page);
  offerStorage(page);

  for (const [name, replaces] of [
    ['pushState', false],
    ['replaceState', true],
  ] as const) {
    history[name] = (_state: unknown, _title: string, to?: string | URL | null) => {
      if (to == null) return;
      url = new URL(to, document.baseURI).href;
      talk.tell({ type: 'address', url, replaces });
    };
  }

  addEventListener('DOMContentLoaded', () => {
    talk.tell({ type: 'shown', title: document.title.slice(0, 1024) });
    const refresh = document.querySelector<HTMLMetaElement>('meta[name=preview-refresh]')?.content.split(' ');
    const [seconds, to] = refresh ?? [];
    if (to !== undefined)
      setTimeout(() => talk.tell({ type: 'go', method: 'GET', url: to, fields: [] }), Number(seconds) * 1000);
    const { hash } = new URL(url);
    if (hash !== '') document.getElementById(decodeURIComponent(hash.slice(1)))?.scrollIntoView();
  });
}

if (document.currentScript) run(document.currentScript);
