import { Emitter } from '../base/emitter';
import { HullError, messageOf } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import {
  type Frame,
  FrameDecoder,
  frameTypes,
  type Incoming,
  nonceBytes,
  protocolVersion,
  writeFrame,
  writeReset,
} from './frame';
import type { ByteChannel, Guest, GuestEvent } from './guest';
import { type ChannelPurpose, GuestChannel } from './guest-channel';
import { malformed, parsePayload, schemas } from './messages';

const highestChannel = 0xffff;
/** As many as the agent serves. */
const channelLimit = 256;
/** Services of one profile are few. */
const rememberedServices = 32;

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** The conversation with the agent: greeting, then channels until it is over. */
export class Session implements Disposable {
  private readonly decoder = new FrameDecoder();
  private readonly channels = new Map<number, GuestChannel>();
  private readonly owned = new DisposableStack();
  private readonly events = new Emitter<GuestEvent>();
  /** By name; the latest event of each service that is up. */
  private readonly readyServices = new Map<string, GuestEvent>();
  private nonce: Uint8Array = new Uint8Array(0);
  private greeted = false;
  private lastChannel = 0;
  private over: HullError | undefined;
  private settle!: { resolve(hello: Guest['hello']): void; reject(error: HullError): void };

  /** Resolves when the agent has said hello. */
  readonly hello = new Promise<Guest['hello']>((resolve, reject) => {
    this.settle = { resolve, reject };
  });

  constructor(
    private readonly port: ByteChannel,
    private readonly randomBytes: (count: number) => Uint8Array,
  ) {
    this.hello.catch(() => {});
    this.owned.add(port);
    this.owned.add(port.onClose((reason) => this.fail(gone(reason))));
    this.owned.add(port.onBytes((bytes) => this.receive(bytes)));
    // An agent that is not up yet announces itself, and gets another.
    if (!this.over) this.reset();
  }

  open(payload: Uint8Array, purpose: ChannelPurpose): GuestChannel {
    if (this.over) throw this.over;
    const id = this.freeChannel();
    const channel = new GuestChannel(
      {
        send: (type, bytes = new Uint8Array(0)) => this.send({ type, channel: id, payload: bytes }),
        released: () => this.channels.delete(id),
      },
      purpose,
    );
    this.channels.set(id, channel);
    this.send({ type: frameTypes.open, channel: id, payload });
    return channel;
  }

  /** Services that are ready already are told at once. */
  onEvent(listener: (event: GuestEvent) => void): Disposable {
    for (const event of this.readyServices.values()) listener(event);
    return this.events.on(listener);
  }

  fail(error: HullError): void {
    if (this.over) return;
    this.over = error;
    this.settle.reject(error);
    const channels = [...this.channels.values()];
    this.channels.clear();
    for (const channel of channels) channel.fail(error);
    this.owned.dispose();
  }

  dispose(): void {
    for (const channel of [...this.channels.values()]) channel.dispose();
    this.fail(new HullError('agent-gone', 'the connection to the agent was closed', 'Connect again.'));
  }

  /** Each has its own nonce: the answer to the last one counts, because that one drops all channels. */
  private reset(): void {
    this.nonce = this.randomBytes(nonceBytes);
    this.port.send(writeReset(this.nonce));
  }

  private send(frame: Frame): void {
    if (!this.over) this.port.send(writeFrame(frame));
  }

  private freeChannel(): number {
    if (this.channels.size >= channelLimit) {
      throw new HullError(
        'too-many-channels',
        `${channelLimit} processes, files and connections are open in the guest`,
        'Close some of them.',
      );
    }
    do this.lastChannel = this.lastChannel === highestChannel ? 1 : this.lastChannel + 1;
    while (this.channels.has(this.lastChannel));
    return this.lastChannel;
  }

  private receive(bytes: Uint8Array): void {
    try {
      for (const incoming of this.decoder.push(bytes)) if (!this.over) this.take(incoming);
    } catch (thrown) {
      this.fail(thrown instanceof HullError ? (thrown as HullError) : malformed(messageOf(thrown), thrown));
    }
  }

  private take(incoming: Incoming): void {
    switch (incoming.type) {
      case 'greeting':
        return this.takeGreeting(incoming);
      case 'frame':
        if (this.greeted) this.takeFrame(incoming.frame);
        return;
      case 'lost':
        // Before our greeting these are the last words to somebody else.
        if (this.greeted) throw malformed('the agent was restarted or its bytes were damaged');
    }
  }

  private takeGreeting({ version, nonce }: { version: number; nonce: Uint8Array }): void {
    if (version !== protocolVersion) {
      throw new HullError(
        'agent-version',
        `the agent speaks version ${version} of the protocol, this page speaks ${protocolVersion}`,
        'Reload the page, so that page and machine are of the same build.',
      );
    }
    if (equal(nonce, this.nonce)) this.greeted = true;
    else if (this.greeted) throw gone('the agent was restarted');
    else if (nonce.every((byte) => byte === 0)) this.reset();
  }

  private takeFrame(frame: Frame): void {
    if (frame.channel !== 0) {
      const channel = this.channels.get(frame.channel);
      if (!channel) throw malformed(`the agent sent a frame for channel ${frame.channel}, which is not open`);
      return channel.receive(frame);
    }
    switch (frame.type) {
      case frameTypes.hello:
        return this.settle.resolve(parsePayload(schemas.hello, frame.payload));
      case frameTypes.event:
        return this.takeEvent(parsePayload(schemas.event, frame.payload));
      case frameTypes.fault:
        throw malformed(
          `the agent did not understand: ${parsePayload(schemas.fault, frame.payload).message}`,
        );
      default:
        throw malformed(`the agent sent a frame of unknown type ${frame.type}`);
    }
  }

  private takeEvent(event: GuestEvent): void {
    this.readyServices.delete(event.name);
    if (event.type === 'service-ready' && this.readyServices.size < rememberedServices)
      this.readyServices.set(event.name, event);
    this.events.emit(event);
  }
}

function gone(reason: string): HullError<'agent-gone'> {
  return new HullError('agent-gone', `the agent is gone: ${reason}`, 'Start the machine again.');
}
