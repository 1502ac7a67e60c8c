import { formatAddress } from '../wire/formats/addresses';
import { type DnsData, dnsClasses, type DnsRecord, parseDns } from '../wire/formats/dns';
import type { FieldSpan } from '../wire/formats/field-reader';
import { type Layer, LayerBuilder } from './layer';
import { hex, nameOf } from './names';

/** More names than these are in the bytes, not in the list. */
const mostRecords = 64;

function dataText(data: DnsData): string {
  switch (data.kind) {
    case 'address':
      return formatAddress(data.address);
    case 'name':
      return data.name;
    case 'text':
      return data.strings.map((string) => JSON.stringify(new TextDecoder().decode(string))).join(' ');
    case 'exchange':
      return `${data.preference} ${data.exchange}`;
    case 'service':
      return `${data.target}:${data.port}`;
    case 'authority':
      return data.primary;
    case 'options':
      return data.options.map(({ code }) => `option ${code}`).join(', ') || 'none';
    case 'raw':
      return `${data.bytes.length} bytes`;
  }
}

export function dnsLayer(bytes: Uint8Array, base: number): Layer {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseDns(bytes, spans);
  const { id, response, code, questions } = header;
  const builder = new LayerBuilder(base, spans)
    .field('ID', { key: 'dns.id', raw: id, value: hex(id, 4) })
    .field('flags', { value: response ? `response, ${nameOf.dnsCode(code)}` : 'query' })
    .bit('response', 'dns.flags.response', response);
  if (spans.some(({ field }) => field === 'flags'))
    builder.place(
      'response code',
      { key: 'dns.flags.rcode', raw: code, value: nameOf.dnsCode(code) },
      base + 2,
      2,
    );
  builder
    .field('QDCOUNT', { key: 'dns.count.queries', raw: questions.length })
    .field('ANCOUNT', { key: 'dns.count.answers', raw: header.answers.length })
    .field('NSCOUNT', { value: String(header.authorities.length) })
    .field('ARCOUNT', { value: String(header.additionals.length) });
  for (const { name, type, class: questionClass } of questions.slice(0, mostRecords))
    builder
      .between('QNAME', 'QTYPE', { key: 'dns.qry.name', raw: name, value: name || '.' })
      .field('QTYPE', { key: 'dns.qry.type', raw: type, value: nameOf.dnsType(type) })
      .field('QCLASS', { value: classText(questionClass) });
  const records = [...header.answers, ...header.authorities, ...header.additionals];
  for (const record of records.slice(0, mostRecords)) recordFields(builder, record);
  const asked = questions.map(({ name, type }) => `${name || '.'} ${nameOf.dnsType(type)}`).join(', ');
  const answered = header.answers.slice(0, 4).map(({ data }) => dataText(data));
  const answer = code === 0 ? answered.join(', ') || 'nothing' : nameOf.dnsCode(code);
  return builder.finish(
    {
      protocol: 'dns',
      title: 'Domain Name System',
      summary: response ? `${asked}: ${answer}` : `${asked}?`,
    },
    bytes.length - payload.length,
    fault,
  );
}

const classText = (number: number) => (number === dnsClasses.internet ? 'internet' : String(number));

function recordFields(
  builder: LayerBuilder,
  { name, type, class: recordClass, timeToLive, data }: DnsRecord,
): void {
  const told = dataText(data);
  builder
    .between('NAME', 'TYPE', { key: 'dns.resp.name', raw: name, value: name || '.' })
    .field('TYPE', { key: 'dns.resp.type', raw: type, value: nameOf.dnsType(type) })
    .field('CLASS', { value: classText(recordClass) })
    .field('TTL', { key: 'dns.resp.ttl', raw: timeToLive, value: `${timeToLive} s` })
    .field('RDLENGTH', { value: data.kind })
    .field(
      'RDATA',
      data.kind === 'address' ? { key: 'dns.a', raw: data.address, value: told } : { value: told },
    );
}
