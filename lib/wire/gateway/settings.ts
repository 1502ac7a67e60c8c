import { z } from 'zod';
import { parseAddress, parseMac, parseSubnet, type Subnet } from '../formats/addresses';
import type { ZoneEntry } from './dns-server';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const nameInZone = new RegExp(`^${label}(?:\\.${label})*$`);
/** The server keeps an entry an address that it may give away, so networks are bounded; smaller ones have none to give. */
const prefixLengths = { shortest: 16, longest: 28 };

function urlOf(...protocols: readonly string[]) {
  return z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    message: `must be an absolute URL that begins with ${protocols.join(' or ')}`,
  });
}

/** How a gateway is set up: what can be written in a lab's description and sent to a worker. All may be left out. */
export const gatewaySettingsSchema = z.strictObject({
  /** The network behind it, "10.0.0.0/24" if left out. The gateway has its first address; machines get those from the tenth on. */
  subnet: z
    .string()
    .refine((text) => isUsable(parseSubnet(text)), {
      message: `must be a network from /${prefixLengths.shortest} to /${prefixLengths.longest}, such as 10.0.0.0/24`,
    })
    .optional(),
  /** "02:54:48:00:00:01" if left out: two gateways on one Ethernet need two. */
  mac: z
    .string()
    .refine((text) => parseMac(text) !== undefined, { message: 'must be like 02:54:48:00:00:01' })
    .optional(),
  /** Further names of the zone, without `.twinhull`: each for an IPv4 address or, as an alias, for another name of the zone. */
  names: z
    .record(z.string().regex(nameInZone), z.string().regex(nameInZone))
    .refine((names) => Object.keys(names).length <= 1000, { message: 'must be 1000 names at most' })
    .optional(),
  /** An hour if left out. */
  leaseSeconds: z.int().min(10).max(31_536_000).optional(),
  /** The folder of a registry's files (images/engine/registry/LAYOUT.md), for registry.twinhull. In Node also a `file:` URL. */
  registryUrl: urlOf('http:', 'https:', 'file:').optional(),
  /** A WISP server that leads to the internet (docs/uplink.md). Left out, there is no way there. */
  uplinkUrl: urlOf('ws:', 'wss:').optional(),
});
export type GatewaySettings = z.input<typeof gatewaySettingsSchema>;

function isUsable(subnet: Subnet | undefined): boolean {
  const length = subnet?.prefixLength ?? 0;
  return length >= prefixLengths.shortest && length <= prefixLengths.longest;
}

/** Each is an address, or the name that a name stands for. */
export function zoneEntries(names: GatewaySettings['names'] = {}): Record<string, ZoneEntry> {
  return Object.fromEntries(Object.entries(names).map(([name, text]) => [name, zoneEntry(text)]));
}

function zoneEntry(text: string): ZoneEntry {
  const address = parseAddress(text);
  return address === undefined ? { type: 'alias', name: text } : { type: 'address', address };
}
