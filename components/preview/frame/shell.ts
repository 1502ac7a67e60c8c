// The program of the frame document: takes a page from the site, makes it one that needs no network, and shows it in a
// frame of its own, whose origin is nobody's. It is the only one that the site listens to. docs/adr/0140
import type { FrameMessage, PageMessage } from '@/lib/preview/messages';
import { inlineDocument } from './document';
import { type PageResource, type ResourceAnswer, resourceKinds } from './page-resource';
import { Resources } from './resources';
import { Talk } from './talk';

/** The program for the page, put in by the build. */
declare const BRIDGE: string;

/** What a page may say to the site; the rest is this program's. */
const fromPages: ReadonlySet<unknown> = new Set(['ask', 'go', 'address', 'cookie', 'shown', 'omitted']);

/** The bridge speaks before the page's load is over; its message may come after it. */
const bridgePatienceMs = 1000;

function run(): void {
  const post = (message: FrameMessage) => parent.postMessage(message, '*');
  const talk = new Talk(post, 0);
  const resources = new Resources(talk);
  const inner = document.createElement('iframe');
  inner.title = 'Page';
  inner.sandbox.add('allow-scripts', 'allow-forms');
  let loads = 0;
  let hasShown = false;

  const show = async ({
    document: answer,
    presentation,
    contentType,
  }: Extract<PageMessage, { type: 'show' }>) => {
    const html = await inlineDocument(answer, presentation, contentType, resources, BRIDGE);
    inner.addEventListener('load', () => {
      const wentAway = () => post({ type: 'went-away' });
      // The first load is the page's. Whatever comes after it, the page has left for something that the policy forbids.
      if (++loads > 1) wentAway();
      // Unless it left before it was there: what is loaded then has no bridge that says so.
      else setTimeout(() => hasShown || wentAway(), bridgePatienceMs);
    });
    inner.srcdoc = html;
    document.body.replaceChildren(inner);
  };

  const takeFromSite = (message: PageMessage) => {
    if (message.type === 'show') {
      show(message).catch((cause: unknown) =>
        post({ type: 'omitted', what: message.document.url, why: String(cause).slice(0, 512) }),
      );
    } else if (!talk.take(message)) {
      inner.contentWindow?.postMessage(message, '*');
    }
  };

  /** It may be anything: the site judges what it is given, and a resource is as harmless as its page. */
  const takeFromPage = (data: unknown) => {
    if (typeof data !== 'object' || data === null || !('type' in data)) return;
    if (data.type === 'resource') void deliver(data as PageResource);
    else if (data.type === 'ask' && (!('id' in data) || Number(data.id) % 2 !== 1)) return;
    else if (fromPages.has(data.type)) {
      hasShown ||= data.type === 'shown';
      post(data as FrameMessage);
    }
  };

  /** What a script of the page has put into it. */
  const deliver = async ({ url, kind, id }: PageResource) => {
    const data = await resources.inline(url, resourceKinds.find((it) => it === kind) ?? 'image');
    inner.contentWindow?.postMessage({ type: 'resource', id, data } satisfies ResourceAnswer, '*');
  };

  addEventListener('message', ({ source, data }) => {
    if (source === parent) takeFromSite(data as PageMessage);
    else if (source === inner.contentWindow) takeFromPage(data);
  });
  post({ type: 'ready' });
}

// Opened by itself, or in a frame that is not closed off, it would hand the site's origin to whatever it is sent.
if (self.origin === 'null' && parent !== self) run();
