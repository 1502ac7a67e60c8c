// https://www.kernel.org/doc/html/latest/filesystems/9p.html, over virtio as v86 has it: lib/9p.js, Virtio9pHandler
import { type Disposable } from '../../base/lifecycle';
import type { V86Share } from '../v86-surface';
import { MalformedMessage } from './codec';
import { type Request, type Response, errno, parseRequest, tagOf, writeResponse } from './messages';
import { type ShareContent, ShareServer } from './server';

/** Puts a reply into the buffers of the request with its tag. */
type Reply = (message: Uint8Array) => void;
/** A request that has not been answered yet. */
interface Waiting {
  message: Message;
  reply: Reply;
}

/** What stands behind v86's virtio-9p device. */
export class ShareDevice implements Disposable {
  private readonly server: ShareServer;
  private readonly waiting = new Map<number, Waiting>();
  /** Fids whose reader was killed while it waited. */
  private readonly abandoned = new Set<number>();
  private onQuiet: (() => void)[] = [];

  constructor(private readonly content: ShareContent & Partial<Disposable>) {
    this.server = new ShareServer(content);
  }

  /** v86's option `handle9p`. Called between two instructions of the guest; must not throw. */
  readonly handle = (request: Uint8Array, reply: Reply): void => {
    const tag = tagOf(request);
    // Without a tag there is nothing to answer to; only a broken driver sends this.
    if (tag === undefined) return;
    const message = parse(request);
    if (message.type === 'clunk') this.abandoned.delete(message.fid);
    if (message.type === 'version') for (const waiting of [...this.waiting.keys()]) this.interrupt(waiting);
    if (message.type === 'flush') this.interrupt(message.oldTag);
    const one: Waiting = { message, reply };
    this.waiting.set(tag, one);
    const answered = (response: Response) => {
      if (this.waiting.get(tag) === one) this.answer(tag, response);
    };
    const response = message.type === 'malformed' ? malformed : this.server.answer(message);
    if (!(response instanceof Promise)) answered(response);
    else if (this.isAbandoned(message)) answered(interrupted);
    else void response.then(answered);
  };

  /** Takes the place of what v86 does for the device where requests outlive it, and where it is saved. */
  attachTo(device: V86Share): void {
    const { virtio } = device;
    const resetDriver = virtio.reset.bind(virtio);
    // The buffers of what waits belong to whoever comes next: nothing may be written there any more.
    virtio.reset = () => {
      this.forget();
      resetDriver();
    };
    device.get_state = () => [virtio, ...this.server.save()];
    device.set_state = ([savedVirtio, messageBytes, fids]) => {
      virtio.set_state(savedVirtio);
      this.server.restore(messageBytes, fids);
    };
  }

  /** Path of a file that a restored guest has open, if this site has it no longer, or another one in its place. */
  changedFile(): Promise<string | undefined> {
    return this.server.changedFile();
  }

  /** When all requests are answered, which a guest that stands still can wait for: none is added. */
  async quiet(): Promise<void> {
    if (this.waiting.size > 0) await new Promise<void>((resolve) => this.onQuiet.push(resolve));
  }

  /** Nothing is answered any more, and what is on its way is given up. */
  dispose(): void {
    this.content.dispose?.();
    this.forget();
  }

  private forget(): void {
    this.waiting.clear();
    this.abandoned.clear();
    this.server.reset();
    this.tellQuiet();
  }

  private answer(tag: number, response: Response): void {
    const { reply } = this.waiting.get(tag) ?? {};
    this.waiting.delete(tag);
    try {
      reply?.(writeResponse(tag, response));
    } catch {
      // The driver's buffers are nowhere in its memory. That is its own affair, and nobody up here waits for this.
    }
    if (this.waiting.size === 0) this.tellQuiet();
  }

  /** Whoever waited has been killed. Its request is answered all the same, so that its place in the queue is free. */
  private interrupt(oldTag: number): void {
    const { message } = this.waiting.get(oldTag) ?? {};
    if (!message) return;
    if (message.type === 'read') this.abandoned.add(message.fid);
    this.answer(oldTag, interrupted);
  }

  /**
   * After a read ahead that was interrupted, Linux reads one page more, and that wait cannot be interrupted
   * (net/9p/client.c clears the thread's signal). A process that is to die would live until the file is there.
   */
  private isAbandoned(message: Message): boolean {
    return message.type === 'read' && this.abandoned.delete(message.fid);
  }

  private tellQuiet(): void {
    const listeners = this.onQuiet;
    this.onQuiet = [];
    for (const listener of listeners) listener();
  }
}

type Message = Request | { type: 'malformed' };
const malformed: Response = { type: 'error', errno: errno.EPROTO };
const interrupted: Response = { type: 'error', errno: errno.EINTR };

function parse(request: Uint8Array): Message {
  try {
    return parseRequest(request).message;
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return { type: 'malformed' };
    throw thrown;
  }
}
