import { formatAddress, formatMac } from '../wire/formats/addresses';
import { addressOption, dhcpOptions, messageType, parseDhcp, textOption } from '../wire/formats/dhcp';
import type { FieldSpan } from '../wire/formats/field-reader';
import { ntpModes, parseNtp } from '../wire/formats/ntp';
import { parseVxlan } from '../wire/formats/vxlan';
import { type Layer, LayerBuilder } from './layer';
import { hex, nameOf } from './names';

/** Options whose data are IPv4 addresses, and those whose data are text. */
const addressOptions: ReadonlySet<number> = new Set([
  dhcpOptions.subnetMask,
  dhcpOptions.router,
  dhcpOptions.domainNameServer,
  dhcpOptions.broadcastAddress,
  dhcpOptions.ntpServers,
  dhcpOptions.requestedAddress,
  dhcpOptions.serverIdentifier,
]);
const textOptions: ReadonlySet<number> = new Set([
  dhcpOptions.hostName,
  dhcpOptions.domainName,
  dhcpOptions.message,
]);
const wordOptions: ReadonlySet<number> = new Set([
  dhcpOptions.leaseTime,
  dhcpOptions.renewalTime,
  dhcpOptions.rebindingTime,
]);
const mostOptions = 64;

export function dhcpLayer(bytes: Uint8Array, base: number): Layer {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseDhcp(bytes, spans);
  const type = messageType(header);
  const builder = new LayerBuilder(base, spans)
    .field('op', { value: header.op === 1 ? 'request' : 'reply' })
    .field('xid', { key: 'dhcp.id', raw: header.xid, value: hex(header.xid, 8) })
    .field('ciaddr', { key: 'dhcp.ip.client', raw: header.ciaddr, value: formatAddress(header.ciaddr) })
    .field('yiaddr', { key: 'dhcp.ip.your', raw: header.yiaddr, value: formatAddress(header.yiaddr) })
    .field('siaddr', { value: formatAddress(header.siaddr) })
    .field('giaddr', { value: formatAddress(header.giaddr) })
    .field('chaddr', { key: 'dhcp.hw.mac_addr', raw: header.chaddr, value: formatMac(header.chaddr) });
  // Options as they lie there; long ones are told once, at their first part.
  let told = 0;
  for (const [code, data] of header.options) {
    if (told++ >= mostOptions) break;
    const span = spans.find(({ field }) => field === `option ${code}`);
    if (!span) continue;
    const at = base + Math.max(0, span.offset - 2);
    const length = span.length + 2;
    if (code === dhcpOptions.messageType)
      builder.place(
        'message type',
        { key: 'dhcp.type', raw: type ?? 0, value: nameOf.dhcpType(type ?? 0) },
        at,
        length,
      );
    else if (code === dhcpOptions.hostName) {
      const name = textOption(header, code) ?? '';
      builder.place('host name', { key: 'dhcp.hostname', raw: name, value: name }, at, length);
    } else builder.place(nameOf.dhcpOption(code), { value: optionText(code, data) }, at, length);
  }
  const offered = header.yiaddr === 0 ? addressOption(header, dhcpOptions.requestedAddress) : header.yiaddr;
  return builder.finish(
    {
      protocol: 'dhcp',
      title: 'Dynamic Host Configuration Protocol',
      summary:
        (type === undefined ? 'BOOTP' : nameOf.dhcpType(type)) +
        (offered === undefined ? '' : ` ${formatAddress(offered)}`) +
        ` for ${formatMac(header.chaddr)}`,
    },
    bytes.length - payload.length,
    fault,
  );
}

function optionText(code: number, data: Uint8Array): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (addressOptions.has(code) && data.length >= 4 && data.length % 4 === 0 && data.length <= 64)
    return Array.from({ length: data.length / 4 }, (_, index) =>
      formatAddress(view.getUint32(4 * index)),
    ).join(', ');
  if (wordOptions.has(code) && data.length === 4) return `${view.getUint32(0)} s`;
  if (code === dhcpOptions.interfaceMtu && data.length === 2) return String(view.getUint16(0));
  if (textOptions.has(code)) return new TextDecoder().decode(data);
  return `${data.length} bytes`;
}

export function ntpLayer(bytes: Uint8Array, base: number): Layer {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseNtp(bytes, spans);
  const mode =
    header.mode === ntpModes.client
      ? 'client'
      : header.mode === ntpModes.server
        ? 'server'
        : `mode ${header.mode}`;
  const builder = new LayerBuilder(base, spans)
    .field('LI, VN and mode', {
      key: 'ntp.flags.mode',
      raw: header.mode,
      value: `version ${header.version}, ${mode}`,
    })
    .field('stratum', { key: 'ntp.stratum', raw: header.stratum })
    .field('poll', { value: `2^${header.poll} s` })
    .field('precision', { value: `2^${header.precision} s` })
    .field('root delay', { value: `${header.rootDelay / 65_536} s` })
    .field('root dispersion', { value: `${header.rootDispersion / 65_536} s` })
    .field('reference ID', { value: hex(header.referenceId, 8) });
  for (const [name, stamp] of [
    ['reference timestamp', header.referenceTimestamp],
    ['origin timestamp', header.originTimestamp],
    ['receive timestamp', header.receiveTimestamp],
    ['transmit timestamp', header.transmitTimestamp],
  ] as const)
    builder.field(name, { value: timeText(stamp) });
  return builder.finish(
    { protocol: 'ntp', title: 'Network Time Protocol', summary: `${mode}, stratum ${header.stratum}` },
    bytes.length - payload.length,
    fault,
  );
}

/** Seconds from 1900, NTP's epoch, to 1970. */
const epochDifference = 2_208_988_800;

function timeText(stamp: bigint): string {
  if (stamp === 0n) return 'none';
  const seconds = Number(stamp >> 32n) - epochDifference + Number(stamp & 0xffff_ffffn) / 2 ** 32;
  return new Date(seconds * 1000).toISOString();
}

export function vxlanLayer(
  bytes: Uint8Array,
  base: number,
): { layer: Layer; vni: number; payload: Uint8Array } {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseVxlan(bytes, spans);
  const layer = new LayerBuilder(base, spans)
    .field('flags', { value: fault ? 'no VNI' : 'VNI is valid' })
    .field('VNI', { key: 'vxlan.vni', raw: header.vni })
    .finish(
      { protocol: 'vxlan', title: 'Virtual eXtensible Local Area Network', summary: `VNI ${header.vni}` },
      bytes.length - payload.length,
      fault,
    );
  return { layer, vni: header.vni, payload };
}
