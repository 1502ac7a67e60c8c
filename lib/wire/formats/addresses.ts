/** An EUI-48 as the integer that its six bytes are, most significant first: cheap to compare and to look up. */
export type Mac = number;

/** An IPv4 address as an unsigned 32-bit integer. */
export type Ipv4Address = number;

export const broadcastMac: Mac = 0xffff_ffff_ffff;
export const anyAddress: Ipv4Address = 0;
export const limitedBroadcast: Ipv4Address = 0xffff_ffff;

/** Lowest bit of the first byte (IEEE 802): broadcast is one of these. */
export function isGroupMac(mac: Mac): boolean {
  return (Math.floor(mac / 2 ** 40) & 1) === 1;
}

export function formatMac(mac: Mac): string {
  const digits = mac.toString(16).padStart(12, '0');
  return digits.replace(/..(?!$)/g, '$&:');
}

/** `undefined` unless the text has six pairs of hexadecimal digits, with colons or dashes. */
export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replace(/[:-]/g, ''), 16);
}

export function formatAddress(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** `undefined` unless the text is four decimal numbers below 256, without leading zeros. */
export function parseAddress(text: string): Ipv4Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((address, part) => address * 256 + Number(part), 0);
}

/** An IPv4 network: 10.0.0.0/24. */
export interface Subnet {
  /** The host's bits are zero. */
  address: Ipv4Address;
  prefixLength: number;
}

export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

export function contains({ address, prefixLength }: Subnet, other: Ipv4Address): boolean {
  return (other & maskOf(prefixLength)) >>> 0 === address;
}

/** The last address, which all hosts of the network listen to. */
export function broadcastOf({ address, prefixLength }: Subnet): Ipv4Address {
  return (address | ~maskOf(prefixLength)) >>> 0;
}

/** `undefined` unless the text is an address, a slash and a prefix length. The host's bits are cleared. */
export function parseSubnet(text: string): Subnet | undefined {
  const [dotted = '', length = '', ...others] = text.split('/');
  const address = parseAddress(dotted);
  if (address === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32 || others.length > 0)
    return undefined;
  const prefixLength = Number(length);
  return { address: (address & maskOf(prefixLength)) >>> 0, prefixLength };
}
