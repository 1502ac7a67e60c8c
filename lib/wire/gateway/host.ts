// RFC 1122: Requirements for Internet Hosts, as far as a host on one virtual Ethernet has to meet them
import type { Frame, FrameSink } from '../frame';
import {
  csumOffsetAt,
  csumStartAt,
  flagDataValid,
  flagNeedsCsum,
  flagsAt,
  gsoSizeAt,
  gsoTcp4,
  gsoTypeAt,
  hdrLenAt,
  headerBytes,
  write16le,
} from '../frame-header';
import {
  broadcastMac,
  broadcastOf,
  contains,
  type Ipv4Address,
  isGroupMac,
  limitedBroadcast,
  type Mac,
  type Subnet,
} from '../formats/addresses';
import { arpOperations, parseArp, writeArp } from '../formats/arp';
import { ethernetHeaderBytes, etherTypes, parseEthernet } from '../formats/ethernet';
import { icmpTypes, parseIcmp, unreachableCodes, writeIcmp } from '../formats/icmp';
import { fold, pseudoHeaderSum } from '../formats/internet-checksum';
import {
  type Ipv4Fields,
  type Ipv4Header,
  ipv4HeaderBytes,
  isFragment,
  parseIpv4,
  protocols,
  writeIpv4Header,
} from '../formats/ipv4';
import { parseTcp, tcpHeaderBytes, tcpOptionBytes, writeTcpHeader } from '../formats/tcp';
import { parseUdp, writeUdp } from '../formats/udp';
import { ArpTable } from './arp-table';
import type { Surroundings } from './surroundings';
import type { Outgoing, TcpAddresses } from './tcp/connection';
import { type TcpCounters, type TcpDirectory, TcpEndpoint } from './tcp/endpoint';
import type { TcpSettings } from './tcp/settings';

/** A datagram that arrived. */
export interface Datagram {
  /** Of the card that sent it: for those who have no address yet. */
  mac: Mac;
  source: Ipv4Address;
  sourcePort: number;
  destination: Ipv4Address;
  destinationPort: number;
  payload: Uint8Array;
}

export type UdpService = (datagram: Datagram) => void;

export interface HostOptions {
  mac: Mac;
  address: Ipv4Address;
  subnet: Subnet;
  surroundings: Surroundings;
  /** The port of the switch. */
  send: FrameSink;
  /** Who answers TCP. */
  tcp: TcpDirectory;
  tcpSettings?: Partial<TcpSettings>;
  /** Takes packets for hosts beyond the subnet: then this is a router. */
  forward?: { udp(datagram: Datagram): void; tcp: TcpDirectory } | undefined;
}

/** What was seen, and why it went nowhere. */
export interface HostCounters {
  framesReceived: number;
  framesSent: number;
  /** Frames for other cards, which a switch floods. */
  notForUs: number;
  /** Cut off, or fields that contradict each other. */
  malformed: number;
  badChecksums: number;
  /** Packets that came in parts: nobody on this wire has a reason to send them. */
  fragments: number;
  /** For protocols, ports and addresses that nobody answers. */
  unreachable: number;
  arpUnresolved: number;
  tcp: TcpCounters;
}

const maxIcmpPerSecond = 100;

/** An IPv4 host on one port: ARP, ICMP echo, UDP services and TCP. Takes superframes and sends them. */
export class Host {
  readonly tcp: TcpEndpoint;
  readonly arp: ArpTable;
  private readonly udp = new Map<number, UdpService>();
  private readonly counts = {
    framesReceived: 0,
    framesSent: 0,
    notForUs: 0,
    malformed: 0,
    badChecksums: 0,
    fragments: 0,
    unreachable: 0,
  };
  private identification = 0;
  private errors = { second: 0, count: 0 };

  constructor(readonly options: HostOptions) {
    const { surroundings, tcp, tcpSettings } = options;
    this.arp = new ArpTable(surroundings, (address) => this.askFor(address));
    const directory: TcpDirectory = (address, port) =>
      address === options.address ? tcp(address, port) : options.forward?.tcp(address, port);
    this.tcp = new TcpEndpoint(
      surroundings,
      (addresses, segment) => this.sendSegment(addresses, segment),
      directory,
      tcpSettings,
    );
  }

  get counters(): HostCounters {
    return { ...this.counts, arpUnresolved: this.arp.unresolved, tcp: { ...this.tcp.counters } };
  }

  /** Answers datagrams to a port. */
  bind(port: number, service: UdpService): void {
    this.udp.set(port, service);
  }

  /** A frame from the wire. It is this host's from now on. */
  receive(frame: Frame): void {
    this.counts.framesReceived += 1;
    const ethernet = parseEthernet(frame.subarray(headerBytes));
    const { destination, source, tags, etherType } = ethernet.header;
    if (ethernet.fault) {
      this.counts.malformed += 1;
    } else if (
      tags.length > 0 ||
      isGroupMac(source) ||
      (destination !== this.options.mac && !isGroupMac(destination))
    ) {
      this.counts.notForUs += 1;
    } else if (etherType === etherTypes.arp) {
      this.receiveArp(ethernet.payload);
    } else if (etherType === etherTypes.ipv4) {
      this.receiveIpv4(source, isGroupMac(destination), ethernet.payload, isVouchedFor(frame));
    }
  }

  sendUdp(
    {
      source = this.options.address,
      sourcePort,
      destination,
      destinationPort,
      mac,
    }: {
      source?: Ipv4Address;
      sourcePort: number;
      destination: Ipv4Address;
      destinationPort: number;
      /** For a card that has no address yet. */
      mac?: Mac | undefined;
    },
    payload: Uint8Array,
  ): void {
    const bytes = writeUdp({ sourcePort, destinationPort }, payload, { source, destination });
    this.sendPacket({ protocol: protocols.udp, source, destination }, bytes, mac);
  }

  /** Sends an echo request. The reply comes to `onEchoReply`. */
  ping(destination: Ipv4Address, identifierAndSequence: number, payload: Uint8Array): void {
    const echo = { type: icmpTypes.echo, code: 0, restOfHeader: identifierAndSequence };
    this.sendPacket(
      { protocol: protocols.icmp, source: this.options.address, destination },
      writeIcmp(echo, payload),
    );
  }

  onEchoReply: ((from: Ipv4Address, identifierAndSequence: number) => void) | undefined;

  /** Tells everybody who has this address (RFC 5227, an announcement). */
  announce(): void {
    this.askFor(this.options.address);
  }

  /** Asks who has an address, whatever is known about it; the answer renews it. */
  solicit(address: Ipv4Address): void {
    if (contains(this.options.subnet, address)) this.askFor(address);
  }

  dispose(): void {
    this.tcp.abortAll('the host was switched off.');
  }

  private receiveArp(bytes: Uint8Array): void {
    const { header, fault } = parseArp(bytes);
    if (fault) {
      this.counts.malformed += 1;
      return;
    }
    const { address, mac, subnet } = this.options;
    const { senderProtocolAddress: sender, senderHardwareAddress } = header;
    const isForUs = header.targetProtocolAddress === address;
    // Not those who say that they are us, and not those from elsewhere.
    if (contains(subnet, sender) && sender !== address && !isGroupMac(senderHardwareAddress))
      this.arp.learn(sender, senderHardwareAddress, isForUs);
    if (!isForUs || header.operation !== arpOperations.request) return;
    this.sendFrame(
      senderHardwareAddress,
      etherTypes.arp,
      writeArp({
        operation: arpOperations.reply,
        senderHardwareAddress: mac,
        senderProtocolAddress: address,
        targetHardwareAddress: senderHardwareAddress,
        targetProtocolAddress: sender,
      }),
    );
  }

  private askFor(target: Ipv4Address): void {
    const { address, mac } = this.options;
    this.sendFrame(
      broadcastMac,
      etherTypes.arp,
      writeArp({
        operation: arpOperations.request,
        senderHardwareAddress: mac,
        senderProtocolAddress: address,
        targetHardwareAddress: 0,
        targetProtocolAddress: target,
      }),
    );
  }

  private receiveIpv4(mac: Mac, isGroup: boolean, bytes: Uint8Array, isVouched: boolean): void {
    const { header, payload, fault } = parseIpv4(bytes);
    if (fault) {
      if (fault.field === 'header checksum') this.counts.badChecksums += 1;
      else this.counts.malformed += 1;
      return;
    }
    if (isFragment(header)) {
      this.counts.fragments += 1;
      return;
    }
    const { destination } = header;
    const { address, subnet, forward } = this.options;
    const isBroadcast = destination === limitedBroadcast || destination === broadcastOf(subnet);
    if (destination !== address && !isBroadcast) {
      if (isGroup || destination >>> 28 === 14) {
        this.counts.notForUs += 1;
        return;
      }
      if (contains(subnet, destination) || !forward)
        return this.sendUnreachable(header, bytes, unreachableCodes.host, mac);
    }
    this.deliver(mac, header, payload, bytes, isVouched, isBroadcast);
  }

  private deliver(
    mac: Mac,
    header: Ipv4Header,
    payload: Uint8Array,
    packet: Uint8Array,
    isVouched: boolean,
    isBroadcast: boolean,
  ): void {
    const { source, destination } = header;
    switch (header.protocol) {
      case protocols.tcp: {
        const { header: segment, payload: data, fault } = parseTcp(payload, isVouched ? undefined : header);
        if (fault) this.countFault(fault.field);
        else if (!isBroadcast && this.isNeighbour(source))
          this.tcp.receive(source, destination, segment, data);
        return;
      }
      case protocols.udp: {
        const { header: datagram, payload: data, fault } = parseUdp(payload, isVouched ? undefined : header);
        if (fault) return this.countFault(fault.field);
        return this.deliverUdp(
          { mac, source, destination, ...datagram, payload: data },
          header,
          packet,
          isBroadcast,
        );
      }
      case protocols.icmp:
        return this.receiveIcmp(header, payload, mac, isBroadcast);
      default:
        if (!isBroadcast) this.sendUnreachable(header, packet, unreachableCodes.protocol, mac);
    }
  }

  private deliverUdp(datagram: Datagram, header: Ipv4Header, packet: Uint8Array, isBroadcast: boolean): void {
    const { address, forward } = this.options;
    if (datagram.destination !== address && !isBroadcast) return forward?.udp(datagram);
    const service = this.udp.get(datagram.destinationPort);
    if (service) return service(datagram);
    if (!isBroadcast) this.sendUnreachable(header, packet, unreachableCodes.port, datagram.mac);
  }

  private receiveIcmp(header: Ipv4Header, bytes: Uint8Array, mac: Mac, isBroadcast: boolean): void {
    const { header: message, payload, fault } = parseIcmp(bytes);
    if (fault) return this.countFault(fault.field);
    const { source, destination } = header;
    const isOurs = destination === this.options.address;
    if (message.type === icmpTypes.echoReply && isOurs)
      return this.onEchoReply?.(source, message.restOfHeader);
    if (message.type !== icmpTypes.echo || isBroadcast || !this.isNeighbour(source)) return;
    // The uplink carries streams and datagrams, not pings: somebody else's address must not seem to answer.
    if (!isOurs) return this.sendUnreachable(header, bytes, unreachableCodes.prohibited, mac);
    const reply = writeIcmp({ ...message, type: icmpTypes.echoReply }, payload);
    this.sendPacket({ protocol: protocols.icmp, source: destination, destination: source }, reply);
  }

  /** Answers go only to where they can have come from. */
  private isNeighbour(source: Ipv4Address): boolean {
    const { subnet, address } = this.options;
    return (
      contains(subnet, source) &&
      source !== address &&
      source !== broadcastOf(subnet) &&
      source !== subnet.address
    );
  }

  private countFault(field: string): void {
    if (field === 'checksum') this.counts.badChecksums += 1;
    else this.counts.malformed += 1;
  }

  private sendUnreachable(header: Ipv4Header, packet: Uint8Array, code: number, mac: Mac): void {
    this.counts.unreachable += 1;
    const second = Math.floor(this.options.surroundings.now() / 1000);
    if (this.errors.second !== second) this.errors = { second, count: 0 };
    this.errors.count += 1;
    if (this.errors.count > maxIcmpPerSecond || !this.isNeighbour(header.source)) return;
    // RFC 1812, 4.3.2.3: as much of the packet as helps, in less than 576 bytes.
    const quoted = packet.subarray(0, 520);
    const message = writeIcmp({ type: icmpTypes.destinationUnreachable, code, restOfHeader: 0 }, quoted);
    this.sendPacket(
      { protocol: protocols.icmp, source: this.options.address, destination: header.source },
      message,
      mac,
    );
  }

  private sendPacket(fields: Ipv4Fields, payload: Uint8Array, mac?: Mac): void {
    const frame = this.newFrame(etherTypes.ipv4, ipv4HeaderBytes + payload.length);
    const at = writeIpv4Header(
      frame,
      headerBytes + ethernetHeaderBytes,
      { ...fields, identification: this.nextIdentification() },
      payload.length,
    );
    frame.set(payload, at);
    if (mac !== undefined) this.emit(mac, frame);
    else this.resolve(fields.destination, (found) => this.emit(found, frame));
  }

  private resolve(destination: Ipv4Address, then: (mac: Mac) => void): void {
    if (destination === limitedBroadcast || destination === broadcastOf(this.options.subnet))
      then(broadcastMac);
    else if (contains(this.options.subnet, destination)) this.arp.resolve(destination, then);
    else this.arp.unresolved += 1;
  }

  private sendSegment(addresses: TcpAddresses, segment: Outgoing): void {
    const { localAddress: source, remoteAddress: destination } = addresses;
    const frame = this.segmentFrame(source, destination, segment);
    this.resolve(destination, (mac) => this.emit(mac, frame));
  }

  /** One copy of the data, straight into the frame. Its checksum is left to whoever needs it. */
  private segmentFrame(
    source: Ipv4Address,
    destination: Ipv4Address,
    { header, data, dataFrom, dataBytes, segmentBytes }: Outgoing,
  ): Frame {
    const transportBytes = tcpHeaderBytes + tcpOptionBytes(header.options) + dataBytes;
    const frame = this.newFrame(etherTypes.ipv4, ipv4HeaderBytes + transportBytes);
    const start = writeIpv4Header(
      frame,
      headerBytes + ethernetHeaderBytes,
      {
        protocol: protocols.tcp,
        source,
        destination,
        dontFragment: true,
        identification: this.nextIdentification(),
      },
      transportBytes,
    );
    const checksum = fold(pseudoHeaderSum(source, destination, protocols.tcp, transportBytes));
    const at = writeTcpHeader(frame, start, { ...header, checksum });
    if (dataBytes > 0) data.copy(dataFrom, dataBytes, frame, at);
    frame[flagsAt] = flagNeedsCsum;
    write16le(frame, csumStartAt, start - headerBytes);
    write16le(frame, csumOffsetAt, 16);
    if (dataBytes > segmentBytes) {
      frame[gsoTypeAt] = gsoTcp4;
      write16le(frame, gsoSizeAt, segmentBytes);
      write16le(frame, hdrLenAt, at - headerBytes);
    }
    return frame;
  }

  private nextIdentification(): number {
    this.identification = (this.identification + 1) & 0xffff;
    return this.identification;
  }

  private sendFrame(destination: Mac, etherType: number, payload: Uint8Array): void {
    const frame = this.newFrame(etherType, payload.length);
    frame.set(payload, headerBytes + ethernetHeaderBytes);
    this.emit(destination, frame);
  }

  /** Without its destination, which may have to be asked for. */
  private newFrame(etherType: number, payloadBytes: number): Frame {
    const frame = new Uint8Array(headerBytes + ethernetHeaderBytes + payloadBytes);
    const view = new DataView(frame.buffer, headerBytes);
    writeMac(view, 6, this.options.mac);
    view.setUint16(12, etherType);
    return frame;
  }

  private emit(destination: Mac, frame: Frame): void {
    writeMac(new DataView(frame.buffer, headerBytes), 0, destination);
    this.counts.framesSent += 1;
    this.options.send(frame);
  }
}

function writeMac(view: DataView, at: number, mac: Mac): void {
  view.setUint16(at, Math.floor(mac / 2 ** 32));
  view.setUint32(at + 2, mac);
}

/** Nobody has to look at the checksum: it is not filled in yet, or was found right by whoever took the frame in. */
function isVouchedFor(frame: Frame): boolean {
  return ((frame[flagsAt] ?? 0) & (flagNeedsCsum | flagDataValid)) !== 0;
}
