import type { ByteChannel } from '../guest/guest';
import { BytePipe } from './byte-pipe';
import { ReplayBuffer } from './replay-buffer';

/** What the agent says before anybody listens: its hello and a few events. */
const earlyLimit = 64 * 1024;

/** The machine's end of the agent's port during one run. One channel at a time: opening another closes the last. */
export class AgentPort {
  private readonly early = new ReplayBuffer(earlyLimit);
  private channel: BytePipe | undefined;
  private closedBecause: string | undefined;

  constructor(private readonly send: (bytes: Uint8Array) => boolean) {}

  open(): ByteChannel {
    this.channel?.close('another channel to the agent was opened');
    const channel = new BytePipe(this.send);
    this.channel = channel;
    channel.receive(this.early.read());
    this.early.clear();
    if (this.closedBecause !== undefined) channel.close(this.closedBecause);
    return channel;
  }

  output(bytes: Uint8Array): void {
    if (this.channel) this.channel.receive(bytes);
    else this.early.push(bytes);
  }

  close(reason: string): void {
    this.closedBecause = reason;
    this.channel?.close(reason);
  }
}
