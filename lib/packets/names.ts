import { dhcpMessageTypes, dhcpOptions } from '../wire/formats/dhcp';
import { dnsCodes, dnsTypes } from '../wire/formats/dns';
import { icmpTypes, unreachableCodes } from '../wire/formats/icmp';
import { protocols } from '../wire/formats/ipv4';

/** What numbers are called, for people. */
const byNumber = (names: Readonly<Record<string, number>>) =>
  new Map(Object.entries(names).map(([name, number]) => [number, words(name)]));

/** "destinationUnreachable" -> "destination unreachable" */
const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const named = (names: ReadonlyMap<number, string>, number: number) => {
  const name = names.get(number);
  return name === undefined ? String(number) : `${name} (${number})`;
};

const transports = byNumber(protocols);
const icmp = byNumber(icmpTypes);
const unreachable = byNumber(unreachableCodes);
const dhcpTypes = byNumber(dhcpMessageTypes);
const dhcpCodes = byNumber(dhcpOptions);
const dnsTypeNames = byNumber(dnsTypes);
const dnsCodeNames = byNumber(dnsCodes);

const etherTypeNames = new Map([
  [0x0800, 'IPv4'],
  [0x0806, 'ARP'],
  [0x8100, 'VLAN tag'],
  [0x88a8, 'service VLAN tag'],
  [0x86dd, 'IPv6'],
]);

export const hex = (number: number, digits: number) => `0x${number.toString(16).padStart(digits, '0')}`;

export const nameOf = {
  etherType: (type: number) => {
    const name = etherTypeNames.get(type);
    return name === undefined ? hex(type, 4) : `${name} (${hex(type, 4)})`;
  },
  transport: (protocol: number) => {
    const name = transports.get(protocol);
    return name === undefined ? String(protocol) : `${name.toUpperCase()} (${protocol})`;
  },
  icmpType: (type: number) => named(icmp, type),
  /** What it says to whoever reads the list. */
  icmp: (type: number, code: number) => {
    if (type === icmpTypes.echo) return 'echo request';
    const name = icmp.get(type) ?? `type ${type}`;
    return type === icmpTypes.destinationUnreachable ? `${unreachable.get(code) ?? code} unreachable` : name;
  },
  dhcpType: (type: number) => dhcpTypes.get(type) ?? `type ${type}`,
  dhcpOption: (code: number) => dhcpCodes.get(code) ?? `option ${code}`,
  dnsType: (type: number) => dnsTypeNames.get(type)?.trim().toUpperCase() ?? `TYPE${type}`,
  dnsCode: (code: number) => dnsCodeNames.get(code) ?? `code ${code}`,
};
