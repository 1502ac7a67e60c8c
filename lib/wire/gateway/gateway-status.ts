import { failures } from '../failures';
import { formatAddress, formatMac, parseMac, parseSubnet } from '../formats/addresses';
import type { GatewayStatus } from '../wire';
import type { Gateway, GatewayOptions } from './gateway';
import type { Outside } from './outside';
import { type GatewaySettings, zoneEntries } from './settings';
import type { Surroundings } from './surroundings';

/** What settings that were read mean. @throws HullError `bad-settings` where nothing outside of the wire can be reached */
export function gatewayOptions(
  port: string,
  { subnet: subnetText, mac: macText, names, leaseSeconds, registryUrl, uplinkUrl }: GatewaySettings,
  surroundings: Surroundings,
  outside: Outside | undefined,
): Omit<GatewayOptions, 'send'> {
  const beyond = (): Outside => {
    if (outside) return outside;
    throw failures.badSettings(`the gateway at port “${port}”`, 'there is nothing outside of this wire');
  };
  const subnet = parseSubnet(subnetText ?? '');
  const mac = parseMac(macText ?? '');
  const dial = uplinkUrl === undefined ? undefined : beyond().dial;
  return {
    surroundings,
    names: zoneEntries(names),
    ...(subnet && { subnet }),
    ...(mac !== undefined && { mac }),
    ...(leaseSeconds !== undefined && { leaseSeconds }),
    ...(registryUrl !== undefined && { registry: beyond().files(registryUrl) }),
    ...(dial && { uplink: { dial: () => dial(uplinkUrl ?? '') } }),
  };
}

/** As whoever asks from another thread gets it. @param now on the gateway's clock */
export function gatewayStatus(gateway: Gateway, now: number): GatewayStatus {
  const { mac, address, subnet } = gateway.host.options;
  return {
    address: formatAddress(address),
    subnet: `${formatAddress(subnet.address)}/${subnet.prefixLength}`,
    mac: formatMac(mac),
    leases: gateway.leases().map((lease) => ({
      address: formatAddress(lease.address),
      mac: formatMac(lease.mac),
      hostName: lease.hostName,
      secondsLeft: Math.max(0, Math.round((lease.until - now) / 1000)),
    })),
    counters: gateway.counters,
  };
}
