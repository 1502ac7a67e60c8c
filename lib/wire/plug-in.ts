import type { NicOwner } from './cable';
import type { NewPort, Wire } from './wire';

/** Gives a machine a port of its own, and plugs its card in there. */
export async function plugIn(wire: Wire, port: NewPort, owner: NicOwner): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await wire.addPort(port);
  await wire.attach(port.port, port1);
  await owner.attachNic(port2);
}
