import { HullError } from '../base/hull-error';
import type { Disposable } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { formatAddress, parseSubnet, type Subnet } from '../wire/formats/addresses';
import type { GatewaySettings } from '../wire/gateway/settings';
import type { NewPort, Wire } from '../wire/wire';
import { gatewayPort, type Lab } from './description';
import { joinWire } from './join-wire';
import { web } from './profiles';
import { randomMac, repairIdentity, type StartedMachine, type StartParts } from './start-machine';
import type { Station } from './station';

export interface NetworkParts extends Pick<StartParts, 'unixNs' | 'fillRandom'> {
  createWire(): Wire;
  /** What gateways have here unless a lab says otherwise: the site's registry, its way to the internet. */
  gateway?: GatewaySettings;
}

/** Not 10.0.0.0/24, the gateway's own: a swarm's networks begin there, and two in one place lead astray. */
const labSubnet: Subnet = { address: 0xc0a8_0700, prefixLength: 24 };

/** Addresses that are given by hand: above the gateway's, below those that it gives away. */
const byHand = [2, 3, 4, 5, 6, 7, 8, 9];

/** The wire of a lab, and who is plugged into it. Disposing of it leaves the machines as they are, without a network. */
export class Network implements Disposable {
  private readonly list = new Store<readonly Station[]>([]);
  /** A machine that is reset, or replaced by another of its name, keeps its card's address, and with it its lease. */
  private readonly macs = new Map<string, string>();
  /** Of machines that cannot ask for an address, by port. */
  private readonly fixed = new Map<string, { name: string; address: string }>();
  /** Counts, for each port, who wanted it: the latest has it. */
  private readonly claims = new Map<string, number>();

  readonly stations: ReadonlyStore<readonly Station[]> = this.list;

  private constructor(
    readonly wire: Wire,
    private readonly parts: NetworkParts,
    private readonly subnet = labSubnet,
    /** What the gateway knows of beside its leases; undefined where there is no gateway. */
    private readonly names: GatewaySettings['names'],
  ) {}

  /**
   * Switches, the cables between them, and the gateway. Ports come next, and machines when they are up.
   * @throws HullError what the wire throws; nothing is left then
   */
  static async lay(parts: NetworkParts, { switches, trunks, gateway }: Lab): Promise<Network> {
    const settings = {
      subnet: `${formatAddress(labSubnet.address)}/${labSubnet.prefixLength}`,
      ...parts.gateway,
      ...gateway?.settings,
    };
    const network = new Network(
      parts.createWire(),
      parts,
      parseSubnet(settings.subnet ?? ''),
      gateway && (settings.names ?? {}),
    );
    const { wire } = network;
    try {
      for (const { name, ageMs } of switches)
        await wire.addSwitch(name, ageMs === undefined ? {} : { ageMs });
      for (const { one, other, link } of trunks) await wire.joinSwitches(one, other, link);
      if (gateway) {
        await wire.addPort({ switch: gateway.switch ?? firstOf(switches), port: gatewayPort });
        await wire.addGateway(gatewayPort, settings);
      }
      return network;
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /** A socket for a machine's card. */
  addPort(port: NewPort): Promise<void> {
    return this.wire.addPort(port);
  }

  /** Whoever is plugged in there is no longer. */
  async removePort(port: string): Promise<void> {
    this.claim(port);
    this.drop((station) => station.port === port);
    this.freeAddress(port);
    await this.wire.removePort(port);
  }

  /**
   * Plugs a machine whose agent answers into a port, in place of what was there, gives it its name, and lets it get an
   * address. From then on it is a station.
   * @throws HullError the wire's, or that the guest could not ask for an address
   */
  async join(name: string, started: Pick<StartedMachine, 'machine' | 'guest'>, port = name): Promise<void> {
    const claim = this.claim(port);
    this.drop((station) => station.name === name || station.port === port);
    const { machine, guest } = started;
    const mac = this.macs.get(name) ?? randomMac(this.parts);
    this.macs.set(name, mac);
    const { port1, port2 } = new MessageChannel();
    await this.wire.attach(port, port1);
    if (machine.profile.name === web.name) {
      const address = this.fixAddress(port, name);
      const nic = { mac, address: `${address}/${this.subnet.prefixLength}` };
      await repairIdentity(guest, this.parts, nic, name);
      await machine.attachNic(port2);
      await this.tellNames();
    } else await joinWire(started, this.parts, port2, name, mac);
    if (this.claims.get(port) === claim) this.list.set([...this.list.get(), { name, machine, guest, port }]);
  }

  /** It is gone, or no longer speaks. Its port stays. */
  leave(port: string): void {
    this.claim(port);
    this.drop((station) => station.port === port);
    // A wire that has failed has nobody plugged in.
    this.wire.detach(port).catch(() => {});
  }

  dispose(): void {
    this.list.set([]);
    this.wire.dispose();
  }

  /** The gateway knows by their leases those who asked it for an address, and the others from here. */
  private async tellNames(): Promise<void> {
    if (!this.names) return;
    const fixed = [...this.fixed.values()].map(({ name, address }) => [name, address] as const);
    await this.wire.setNames(gatewayPort, { ...this.names, ...Object.fromEntries(fixed) });
  }

  private claim(port: string): number {
    const claim = (this.claims.get(port) ?? 0) + 1;
    this.claims.set(port, claim);
    return claim;
  }

  private drop(isGone: (station: Station) => boolean): void {
    const before = this.list.get();
    const left = before.filter((station) => !isGone(station));
    if (left.length < before.length) this.list.set(left);
  }

  private fixAddress(port: string, name: string): string {
    const taken = new Set(
      [...this.fixed].filter(([other]) => other !== port).map(([, { address }]) => address),
    );
    const before = this.fixed.get(port)?.address;
    const free = byHand
      .map((host) => formatAddress(this.subnet.address + host))
      .find((each) => !taken.has(each));
    const address = before ?? free;
    if (address === undefined)
      throw new HullError(
        'no-address',
        `There are ${byHand.length} addresses for machines that cannot ask for one, and all are taken.`,
        'Remove another web server first.',
      );
    this.fixed.set(port, { name, address });
    return address;
  }

  private freeAddress(port: string): void {
    if (!this.fixed.delete(port)) return;
    // A wire that has failed knows no names.
    this.tellNames().catch(() => {});
  }
}

export function firstOf(switches: Lab['switches']): string {
  return switches[0]?.name ?? '';
}
