import { assertNever } from '../base/assert-never';
import { messageOf } from '../base/hull-error';
import { plainError } from '../base/plain-error';
import type { ByteChannel } from '../guest/guest';
import type { Machine } from './machine';
import { plainShare, plainState } from './plain-values';
import type { AgentMessage, Answer, Command, FromWorker, ToWorker } from './protocol';

type Post = (message: FromWorker) => void;

/** The worker's side of the protocol: what the page asks is done to `machine`, what happens to it is told. */
export function serveMachine(
  machine: Machine,
  post: Post,
): (message: Exclude<ToWorker, { type: 'create' }>) => void {
  machine.state.subscribe((state) => post({ type: 'state', state: plainState(state) }));
  machine.phases.subscribe((phases) => post({ type: 'phases', phases }));
  machine.share.subscribe((share) => post({ type: 'share', share: plainShare(share) }));
  machine.counters.subscribe((counters) => post({ type: 'counters', counters }));
  machine.console.onOutput((bytes) => post({ type: 'console-output', bytes }));

  return (message) => {
    switch (message.type) {
      case 'command': {
        const { id, command } = message;
        perform(machine, command).then(
          (value) => post({ type: 'done', id, outcome: value ? { type: 'ok', value } : { type: 'ok' } }),
          (error: unknown) =>
            post({ type: 'done', id, outcome: { type: 'error', error: plainError(error) } }),
        );
        return;
      }
      case 'console-input':
        return machine.console.write(message.bytes);
      case 'console-resize':
        return machine.console.resize(message);
      case 'open-agent':
        return connectPort(machine, message.port);
      case 'ping':
        return post({ type: 'pong' });
      default:
        return assertNever(message);
    }
  };
}

async function perform(machine: Machine, command: Command): Promise<Answer | void> {
  switch (command.type) {
    case 'power-on':
      return machine.powerOn(command.how);
    case 'power-off':
      return machine.powerOff();
    case 'reset':
      return machine.reset();
    case 'pause':
      return machine.pause();
    case 'resume':
      return machine.resume();
    case 'snapshot':
      return machine.snapshot();
    case 'read-counters':
      return machine.readCounters(command);
    case 'read-history':
      return machine.readHistory();
    case 'attach-nic':
      return machine.attachNic(command.port);
    default:
      return assertNever(command);
  }
}

function connectPort(machine: Machine, port: MessagePort): void {
  const tell = (message: AgentMessage) => port.postMessage(message);
  let channel: ByteChannel;
  try {
    channel = machine.openAgent();
  } catch (error) {
    return tell({ type: 'closed', reason: messageOf(error) });
  }
  channel.onBytes(tell);
  channel.onClose((reason) => tell({ type: 'closed', reason }));
  port.onmessage = ({ data }: MessageEvent<AgentMessage>) => {
    if (data instanceof Uint8Array) channel.send(data);
    else {
      channel.dispose();
      port.close();
    }
  };
}
