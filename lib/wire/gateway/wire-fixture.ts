// For tests: the wire itself in simulated time, with a gateway at one port and stations at others.
import { CoreWire } from '../core-wire';
import { allOffloads } from '../frame-port';
import { parseAddress, parseSubnet } from '../formats/addresses';
import { seededRandom } from '../seeded-random';
import { Host } from './host';
import { httpRequest } from './http/http-client';
import { collect } from './http/message-reader';
import type { Outside } from './outside';
import type { GatewaySettings } from './settings';
import { Simulation } from './simulation';
import type { TcpDirectory } from './tcp/endpoint';

export interface Lab {
  simulation: Simulation;
  wire: CoreWire;
}

/** A wire in simulated time, whose gateway is at port `router`. */
export async function newLab(settings: GatewaySettings = {}, outside?: Outside): Promise<Lab> {
  const simulation = new Simulation();
  const wire = new CoreWire({
    time: simulation,
    random: seededRandom(1),
    unixNs: () => BigInt(Math.round(simulation.unixMs())) * 1_000_000n,
    ...(outside && { outside }),
  });
  await wire.addSwitch('office');
  await wire.addPort({ switch: 'office', port: 'router' });
  await wire.addGateway('router', settings);
  return { simulation, wire };
}

/** A station with an address given by hand. */
export async function station(
  { wire, simulation }: Lab,
  address: string,
  { subnet = '10.0.0.0/24', tcp = () => undefined }: { subnet?: string; tcp?: TcpDirectory } = {},
) {
  await wire.addPort({ switch: 'office', port: address });
  const own = parseAddress(address) ?? 0;
  const host: Host = new Host({
    mac: 0x0200_0000_0000 + own,
    address: own,
    subnet: parseSubnet(subnet) ?? { address: 0, prefixLength: 0 },
    surroundings: simulation,
    send: (frame) => send(frame),
    tcp,
  });
  const send = wire.connect(address, { receive: (frame) => host.receive(frame), offloads: allOffloads });
  /** The status and text that the gateway answers. */
  const get = async (site: string, target = '/') => {
    const dialled = host.tcp.connect(own, { address: host.options.subnet.address + 1, port: 80 });
    const response = await httpRequest(await dialled, { method: 'GET', host: site, target });
    return `${response.status} ${new TextDecoder().decode(await collect(response.body, 1e6))}`;
  };
  return { host, get };
}
