import type { Disposable } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { formatAddress, parseSubnet } from '../wire/formats/addresses';
import { defaultSubnet } from '../wire/gateway/gateway';
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

/** Addresses that are given by hand: above the gateway's, below those that it gives away. */
const byHand = { first: 2, last: 9 };

/** The wire of a lab, and who is plugged into it. Disposing of it leaves the machines as they are, without a network. */
export class Network implements Disposable {
  private readonly list = new Store<readonly Station[]>([]);
  /** A machine that is reset, or replaced by another of its name, keeps its card's address, and with it its lease. */
  private readonly macs = new Map<string, string>();
  /** Of machines that cannot ask for one, by name. */
  private readonly fixed = new Map<string, string>();
  /** Counts, for each port, who wanted it: the latest has it. */
  private readonly claims = new Map<string, number>();

  readonly stations: ReadonlyStore<readonly Station[]> = this.list;

  private constructor(
    readonly wire: Wire,
    private readonly parts: NetworkParts,
    private readonly subnet = defaultSubnet,
  ) {}

  /**
   * Switches, the cables between them, and the gateway, which knows by name those of the lab's machines that cannot ask for
   * an address. Ports come next, and machines when they are up.
   * @throws HullError what the wire throws; nothing is left then
   */
  static async lay(parts: NetworkParts, { switches, trunks, gateway, machines }: Lab): Promise<Network> {
    const { settings } = gateway ?? {};
    const network = new Network(parts.createWire(), parts, parseSubnet(settings?.subnet ?? ''));
    const { wire } = network;
    try {
      for (const { name, ageMs } of switches)
        await wire.addSwitch(name, ageMs === undefined ? {} : { ageMs });
      for (const { one, other, link } of trunks) await wire.joinSwitches(one, other, link);
      if (gateway) {
        const fixed = machines.filter(({ profile }) => profile === web.name);
        const names = Object.fromEntries(fixed.map(({ name }) => [name, network.fixedAddress(name)]));
        await wire.addPort({ switch: gateway.switch ?? firstOf(switches), port: gatewayPort });
        await wire.addGateway(gatewayPort, {
          ...parts.gateway,
          ...settings,
          names: { ...names, ...settings?.names },
        });
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
      const address = `${this.fixedAddress(name)}/${this.subnet.prefixLength}`;
      await repairIdentity(guest, this.parts, { mac, address }, name);
      await machine.attachNic(port2);
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

  /** When all are taken, two machines share the last, and neither has a network: more than eight need another lab. */
  private fixedAddress(name: string): string {
    const host = Math.min(byHand.first + this.fixed.size, byHand.last);
    const address = this.fixed.get(name) ?? formatAddress(this.subnet.address + host);
    this.fixed.set(name, address);
    return address;
  }
}

export function firstOf(switches: Lab['switches']): string {
  return switches[0]?.name ?? '';
}
