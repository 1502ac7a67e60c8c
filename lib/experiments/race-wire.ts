import { web } from '../fleet/profiles';
import { randomMac, repairIdentity, type StartedMachine, type StartParts } from '../fleet/start-machine';
import type { NicOwner } from '../wire/cable';
import { plugIn } from '../wire/plug-in';
import type { Wire } from '../wire/wire';
import type { Lane } from './race-sample';

/** Fixed, so that nothing has to be asked for while a clock runs. The client is the network's gateway, 10.0.0.1. */
const addresses: Record<Lane, string> = { machine: '10.0.0.2', container: '10.0.0.3' };
/** On the machine, and published by the container on its host. */
const port = 80;
/**
 * How often the client asks: half of it is how much later than it was, on average, a service is seen to be ready. A
 * question that nobody listens to costs the guest some 20,000 instructions.
 */
const everyMs = 20;
/** A phone that is busy elsewhere boots in many times a computer's second. */
const patienceMs = 10 * 60_000;

/** The `web` machine with its address in the race, which its init gives the card. */
export const raceMachine = {
  ...web,
  boot: { ...web.boot, commandLine: `${web.boot.commandLine} twinhull.address=${addresses.machine}/24` },
};

/** A client's answer: when its head had arrived, and how often it had asked. */
export interface FirstAnswer {
  unixMs: number;
  asked: number;
}

/** One Ethernet for both lanes, and one client on it that asks them. */
export class RaceWire {
  private constructor(private readonly wire: Wire) {}

  /** Plugs the host in, on which the containers will be. @param wire empty; the caller disposes of it */
  static async open(
    wire: Wire,
    host: Pick<StartedMachine, 'machine' | 'guest'>,
    parts: Pick<StartParts, 'unixNs' | 'fillRandom'>,
  ): Promise<RaceWire> {
    await wire.addSwitch('race');
    await wire.addPort({ switch: 'race', port: 'client' });
    await wire.addGateway('client');
    await wire.addPort({ switch: 'race', port: 'machine' });
    await plugIn(wire, { switch: 'race', port: 'container' }, host.machine);
    await repairIdentity(host.guest, parts, {
      mac: randomMac(parts),
      address: `${addresses.container}/24`,
    });
    return new RaceWire(wire);
  }

  /** Plugs in a machine that is about to boot, in place of the last run's. */
  async plugInMachine(machine: NicOwner): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await Promise.all([machine.attachNic(port2), this.wire.attach('machine', port1)]);
  }

  /** Asks a lane for `/` until it answers 200, whatever is there until then. */
  async firstAnswer(lane: Lane, signal: AbortSignal): Promise<FirstAnswer> {
    const request = {
      address: addresses[lane],
      port,
      timeoutMs: patienceMs,
      until: { status: 200, everyMs },
    };
    const { headUnixMs, asked } = await this.wire.fetchHttp('client', request, signal);
    return { unixMs: headUnixMs, asked };
  }
}
