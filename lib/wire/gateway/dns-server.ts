// RFC 1035: Domain Names - Implementation and Specification, the server; RFC 2308 (negative answers), RFC 8914 (why)
import type { Ipv4Address } from '../formats/addresses';
import {
  dnsClasses,
  dnsCodes,
  type DnsMessage,
  dnsOpcodes,
  dnsPort,
  type DnsQuestion,
  type DnsRecord,
  dnsTypes,
  extendedErrors,
  parseDns,
  writeDns,
  writeExtendedError,
} from '../formats/dns';
import type { Host } from './host';
import type { TcpService } from './tcp/endpoint';

/** What a name of the zone stands for. */
export type ZoneEntry = { type: 'address'; address: Ipv4Address } | { type: 'alias'; name: string };

export interface DnsOptions {
  /** Without a dot at either end: `twinhull`. */
  zone: string;
  /** Looks a name of the zone up, without the zone's own: `echo`. */
  find(name: string): ZoneEntry | undefined;
  /** The name of an address, without the zone's. */
  nameOf(address: Ipv4Address): string | undefined;
  /** Answers for all other names, where there is an uplink. Rejects with a sentence. */
  forward?: ((query: Uint8Array) => Promise<Uint8Array>) | undefined;
}

export interface DnsCounters {
  answered: number;
  /** Names that do not exist. */
  unknown: number;
  forwarded: number;
  malformed: number;
  /** Questions that there were too many of at once. */
  dropped: number;
}

/** Machines come and go. */
const timeToLive = 30;
/** RFC 6891, 6.2.5: what a client takes that does not say. */
const plainUdpBytes = 512;
/** Aliases of aliases: a chain that is longer goes round. */
const maxAliases = 8;
/** Questions to the uplink that may be under way. */
const maxForwarded = 64;
const maxTcpQueries = 100;

export class DnsServer {
  readonly counters: DnsCounters = { answered: 0, unknown: 0, forwarded: 0, malformed: 0, dropped: 0 };
  private forwarding = 0;

  constructor(
    host: Host,
    private readonly options: DnsOptions,
  ) {
    host.bind(dnsPort, ({ payload, source, sourcePort }) => {
      this.answer(payload, 'udp').then(
        (answer) =>
          answer &&
          host.sendUdp({ sourcePort: dnsPort, destination: source, destinationPort: sourcePort }, answer),
        () => (this.counters.malformed += 1),
      );
    });
  }

  /** RFC 7766: the same over TCP, each message behind its length. */
  readonly tcpService: TcpService = async (stream) => {
    let pending = new Uint8Array(0);
    for (let queries = 0; queries < maxTcpQueries;) {
      const length = pending.length >= 2 ? ((pending[0] ?? 0) << 8) | (pending[1] ?? 0) : Infinity;
      if (pending.length < 2 + length) {
        const more = await stream.read();
        if (!more) break;
        const both = new Uint8Array(pending.length + more.length);
        both.set(pending);
        both.set(more, pending.length);
        pending = both;
        continue;
      }
      queries += 1;
      const answer = await this.answer(pending.slice(2, 2 + length), 'tcp');
      pending = pending.slice(2 + length);
      if (!answer) break;
      const framed = new Uint8Array(2 + answer.length);
      framed.set([answer.length >> 8, answer.length & 255]);
      framed.set(answer, 2);
      await stream.write(framed);
    }
    stream.end();
  };

  private async answer(query: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
    const { header: message, fault } = parseDns(query);
    // Never to an answer: two servers would talk for ever.
    if (message.response || query.length < 12) {
      this.counters.malformed += 1;
      return undefined;
    }
    const [question] = message.questions;
    if (fault || !question || message.questions.length > 1) {
      this.counters.malformed += 1;
      return writeDns({ ...this.reply(message), code: dnsCodes.formatError, questions: [] });
    }
    if (message.opcode !== dnsOpcodes.query)
      return writeDns({ ...this.reply(message), code: dnsCodes.notImplemented });
    const isOurs = this.isOurs(question);
    if (isOurs || !this.options.forward)
      return this.fit(this.ownAnswer(message, question, isOurs), message, transport);
    return this.forwarded(query, message, transport);
  }

  private isOurs({ name, class: questionClass }: DnsQuestion): boolean {
    const lower = name.toLowerCase();
    const { zone } = this.options;
    return (
      (questionClass === dnsClasses.internet || questionClass === dnsClasses.any) &&
      (lower === zone || lower.endsWith(`.${zone}`) || this.ownAddressOf(lower) !== undefined)
    );
  }

  /** The address of a name like 1.0.0.10.in-addr.arpa, if it has a name here. */
  private ownAddressOf(name: string): Ipv4Address | undefined {
    const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name)?.slice(1).map(Number);
    if (!parts || parts.some((part) => part > 255)) return undefined;
    const address = parts.reduceRight((sum, part) => sum * 256 + part, 0);
    return this.options.nameOf(address) === undefined ? undefined : address;
  }

  private ownAnswer(message: DnsMessage, question: DnsQuestion, isOurs: boolean): DnsMessage {
    const { zone } = this.options;
    const reply: DnsMessage = { ...this.reply(message), authoritative: isOurs };
    if (!isOurs)
      return this.nameError(
        reply,
        question,
        `There is no uplink: only names that end in .${zone} are known on this wire, not ${question.name || 'the root'}.`,
        extendedErrors.networkError,
      );
    const address = this.ownAddressOf(question.name.toLowerCase());
    if (address !== undefined) {
      const answers: DnsRecord[] =
        question.type === dnsTypes.ptr || question.type === dnsTypes.any
          ? [
              this.record(question.name, dnsTypes.ptr, {
                kind: 'name',
                name: this.inZone(this.options.nameOf(address) ?? ''),
              }),
            ]
          : [];
      return this.positive(reply, answers);
    }
    if (question.name.toLowerCase() === zone) return this.apex(reply, question);
    return this.resolve(reply, question);
  }

  /** Follows aliases as far as is sensible. */
  private resolve(reply: DnsMessage, question: DnsQuestion): DnsMessage {
    const { zone } = this.options;
    const answers: DnsRecord[] = [];
    let name = question.name;
    for (let steps = 0; steps <= maxAliases; steps++) {
      const entry = this.options.find(name.toLowerCase().slice(0, -zone.length - 1));
      if (!entry)
        return this.nameError(
          { ...reply, answers },
          question,
          `No machine and no service on this wire is called ${name}. Machines are known by the name they give when they ask for an address (DHCP).`,
          extendedErrors.other,
        );
      if (entry.type === 'address') {
        if (question.type === dnsTypes.a || question.type === dnsTypes.any)
          answers.push(this.record(name, dnsTypes.a, { kind: 'address', address: entry.address }));
        return this.positive(reply, answers);
      }
      const target = this.inZone(entry.name);
      answers.push(this.record(name, dnsTypes.cname, { kind: 'name', name: target }));
      if (question.type === dnsTypes.cname) return this.positive(reply, answers);
      name = target;
    }
    return {
      ...reply,
      code: dnsCodes.serverFailure,
      additionals: this.extended(
        reply,
        writeExtendedError(extendedErrors.other, `The aliases of ${question.name} go round in circles.`),
      ),
    };
  }

  private apex(reply: DnsMessage, question: DnsQuestion): DnsMessage {
    if (question.type === dnsTypes.soa || question.type === dnsTypes.any)
      return this.positive(reply, [this.authority()]);
    if (question.type === dnsTypes.ns)
      return this.positive(reply, [
        this.record(this.options.zone, dnsTypes.ns, { kind: 'name', name: this.inZone('gateway') }),
      ]);
    return this.positive(reply, []);
  }

  /** Without records, the name exists but not this type: the zone's authority says how long that holds (RFC 2308). */
  private positive(reply: DnsMessage, answers: DnsRecord[]): DnsMessage {
    this.counters.answered += 1;
    return { ...reply, answers, authorities: answers.length > 0 ? [] : [this.authority()] };
  }

  /** Says why, where EDNS is spoken in its field, and for everybody as a text beside the answer. */
  private nameError(reply: DnsMessage, question: DnsQuestion, why: string, infoCode: number): DnsMessage {
    this.counters.unknown += 1;
    const strings: Uint8Array[] = [];
    const text = new TextEncoder().encode(why);
    for (let at = 0; at < text.length; at += 255) strings.push(text.subarray(at, at + 255));
    return {
      ...reply,
      code: dnsCodes.nameError,
      authorities: [this.authority()],
      additionals: [
        this.record(question.name, dnsTypes.txt, { kind: 'text', strings }),
        ...this.extended(reply, writeExtendedError(infoCode, why)),
      ],
    };
  }

  private async forwarded(
    query: Uint8Array,
    message: DnsMessage,
    transport: 'udp' | 'tcp',
  ): Promise<Uint8Array | undefined> {
    const { forward } = this.options;
    if (!forward || this.forwarding >= maxForwarded) {
      this.counters.dropped += 1;
      return undefined;
    }
    this.forwarding += 1;
    this.counters.forwarded += 1;
    try {
      const answer = await forward(query);
      if (answer.length <= limitOf(message, transport)) return answer;
      return writeDns({ ...this.reply(message), truncated: true });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const reply = this.reply(message);
      return writeDns({
        ...reply,
        code: dnsCodes.serverFailure,
        additionals: this.extended(reply, writeExtendedError(extendedErrors.networkError, why.slice(0, 200))),
      });
    } finally {
      this.forwarding -= 1;
    }
  }

  private fit(reply: DnsMessage, query: DnsMessage, transport: 'udp' | 'tcp'): Uint8Array {
    const whole = writeDns(reply);
    if (whole.length <= limitOf(query, transport)) return whole;
    const short = writeDns({ ...reply, additionals: [] });
    if (short.length <= limitOf(query, transport)) return short;
    return writeDns({ ...reply, truncated: true, answers: [], authorities: [], additionals: [] });
  }

  /** With EDNS if the question had it. */
  private reply(query: DnsMessage): DnsMessage {
    return {
      ...query,
      response: true,
      authoritative: false,
      truncated: false,
      recursionAvailable: this.options.forward !== undefined,
      code: dnsCodes.noError,
      answers: [],
      authorities: [],
      additionals: query.additionals.some(({ type }) => type === dnsTypes.opt) ? [edns([])] : [],
    };
  }

  private extended(reply: DnsMessage, option: ReturnType<typeof writeExtendedError>): DnsRecord[] {
    return reply.additionals.some(({ type }) => type === dnsTypes.opt) ? [edns([option])] : [];
  }

  private authority(): DnsRecord {
    return this.record(this.options.zone, dnsTypes.soa, {
      kind: 'authority',
      primary: this.inZone('gateway'),
      mailbox: this.inZone('nobody'),
      serial: 1,
      refresh: timeToLive,
      retry: timeToLive,
      expire: timeToLive,
      // How long "no" holds: short, because the machine may be asking for its address this moment.
      minimum: 1,
    });
  }

  private record(name: string, type: number, data: DnsRecord['data']): DnsRecord {
    return { name, type, class: dnsClasses.internet, timeToLive, data };
  }

  private inZone(name: string): string {
    return `${name}.${this.options.zone}`;
  }
}

function edns(options: readonly ReturnType<typeof writeExtendedError>[]): DnsRecord {
  return { name: '', type: dnsTypes.opt, class: 1232, timeToLive: 0, data: { kind: 'options', options } };
}

function limitOf(query: DnsMessage, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return 0xffff;
  const size = query.additionals.find(({ type }) => type === dnsTypes.opt)?.class ?? plainUdpBytes;
  return Math.min(Math.max(size, plainUdpBytes), 1400);
}
