// https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry: what is not the public internet
import { BlockList, isIP } from 'node:net';

// One list each: a common one would take every IPv4 address for a part of ::/3.
const special = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  special.ipv4.addSubnet(network, prefix, 'ipv4');
// Of IPv6, only what is given out at all; and not the ways to spell an IPv4 address in it.
for (const [network, prefix] of [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.ipv6.addSubnet(network, prefix, 'ipv6');

/** Whether an address belongs to the internet, so that a stranger may be led there: no cloud's metadata, no printer. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return !special[type].check(address, type);
}
