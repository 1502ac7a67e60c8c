import { assertNever } from '../base/assert-never';
import type { Disposable } from '../base/lifecycle';
import { plainError } from '../base/plain-error';
import type { FromWire, ToWire, WireAnswer, WireCommand } from './protocol';
import type { Wire } from './wire';

type Post = (message: FromWire, transfer?: Transferable[]) => void;

/** The worker's side of the protocol: what the page asks is done to `wire`. */
export function serveWire(wire: Wire, post: Post): (message: ToWire) => void {
  const running = new Map<number, AbortController>();
  let watching: Disposable | undefined;
  return (message) => {
    switch (message.type) {
      case 'command': {
        const { id, command } = message;
        const abort = new AbortController();
        running.set(id, abort);
        void perform(wire, command, abort.signal)
          .then(
            (value) =>
              post(
                { type: 'done', id, outcome: value ? { type: 'ok', value } : { type: 'ok' } },
                buffersOf(value),
              ),
            (error: unknown) =>
              post({ type: 'done', id, outcome: { type: 'error', error: plainError(error) } }),
          )
          .finally(() => running.delete(id));
        return;
      }
      case 'give-up':
        return running.get(message.id)?.abort();
      case 'watch-ports':
        watching?.dispose();
        watching = message.on ? wire.watchPorts((ports) => post({ type: 'ports', ports })) : undefined;
        return;
      case 'ping':
        return post({ type: 'pong' });
      default:
        return assertNever(message);
    }
  };
}

function buffersOf(value: WireAnswer | void): Transferable[] {
  if (value instanceof Uint8Array) return [value.buffer];
  return value && 'body' in value ? [value.body.buffer] : [];
}

async function perform(wire: Wire, command: WireCommand, signal: AbortSignal): Promise<WireAnswer | void> {
  switch (command.type) {
    case 'add-switch':
      return wire.addSwitch(command.name, command);
    case 'remove-switch':
      return wire.removeSwitch(command.name);
    case 'add-port':
      return wire.addPort(command.port);
    case 'join-switches':
      return wire.joinSwitches(command.one, command.other, command.link);
    case 'remove-port':
      return wire.removePort(command.port);
    case 'configure-port':
      return wire.configurePort(command.port, command.settings);
    case 'change-link':
      return wire.changeLink(command.port, command.change);
    case 'attach':
      return wire.attach(command.port, command.nic);
    case 'detach':
      return wire.detach(command.port);
    case 'add-gateway':
      return wire.addGateway(command.port, command.settings);
    case 'remove-gateway':
      return wire.removeGateway(command.port);
    case 'set-names':
      return wire.setNames(command.port, command.names);
    case 'read-gateway':
      return wire.readGateway(command.port);
    case 'fetch-http':
      return wire.fetchHttp(command.port, command.request, signal);
    case 'set-mirrors':
      return wire.setMirrors(command.name, command.mirrors);
    case 'set-loop-guard':
      return wire.setLoopGuard(command.on);
    case 'read-ports':
      return wire.readPorts();
    case 'read-addresses':
      return wire.readAddresses(command.name);
    case 'start-capture':
      return wire.startCapture(command.capture);
    case 'read-capture':
      return wire.readCapture(command.capture, command.from);
    case 'save-capture':
      return wire.saveCapture(command.capture);
    case 'end-capture':
      return wire.endCapture(command.capture);
    default:
      return assertNever(command);
  }
}
