import type { Fault, FieldSpan } from '../wire/formats/field-reader';

/** In the words of the filter language, which are Wireshark's. */
export type Protocol =
  | 'frame'
  | 'eth'
  | 'vlan'
  | 'arp'
  | 'ip'
  | 'icmp'
  | 'udp'
  | 'tcp'
  | 'dns'
  | 'dhcp'
  | 'ntp'
  | 'vxlan'
  | 'http'
  | 'data';

/** What a filter compares: numbers are addresses too, flags are 0 or 1. */
export type RawValue = number | string;

export interface LayerField {
  /** The RFC's name. */
  name: string;
  /** For people. */
  value: string;
  /** What a filter calls it, "tcp.srcport"; none for what nobody would filter by. */
  key?: string;
  /** Its value there. */
  raw?: RawValue;
  /** Said in the value of the field before it already: only filters need it by itself. */
  isForFilters?: true;
  /** Where it is, in bytes from the beginning of the frame. 0 bytes for what is not in the frame itself. */
  at: number;
  length: number;
}

export interface Layer {
  protocol: Protocol;
  /** "Internet Protocol". */
  title: string;
  /** One line: "10.0.0.10 → 10.0.0.1". */
  summary: string;
  /** Header, for who wants all of its bytes. */
  at: number;
  length: number;
  fields: readonly LayerField[];
  /** A sentence about what is not as the protocol says. */
  fault?: string;
}

interface FieldValue {
  key?: string;
  raw?: RawValue;
  value?: string;
}

/** Puts a layer together from what a decoder of lib/wire/formats found, and where. */
export class LayerBuilder {
  private readonly fields: LayerField[] = [];
  /** Spans before this one have been told. */
  private next = 0;

  /** @param spans what the decoder found, from the layer's beginning, which is at `base` in the frame */
  constructor(
    private readonly base: number,
    private readonly spans: readonly FieldSpan[] = [],
  ) {}

  /** The next field that the decoder calls `name`; nothing when it was cut off. */
  field(name: string, told: FieldValue, shownAs = name): this {
    const index = this.spans.findIndex((span, at) => at >= this.next && span.field === name);
    const span = this.spans[index];
    if (!span) return this;
    this.next = index + 1;
    return this.place(shownAs, told, this.base + span.offset, span.length);
  }

  /** A bit of the field that was told last, for filters. */
  bit(name: string, key: string, isSet: boolean): this {
    const last = this.fields.at(-1);
    if (!last) return this;
    const { at, length } = last;
    const raw = Number(isSet);
    this.fields.push({ name, value: String(raw), key, raw, isForFilters: true, at, length });
    return this;
  }

  /** A field that decoders do not note themselves: what is between the last one told and the next, which is called `next`. */
  between(name: string, next: string, told: FieldValue): this {
    const last = this.spans[this.next - 1];
    const span = this.spans.find((each, at) => at >= this.next && each.field === next);
    if (!span) return this;
    const start = last ? last.offset + last.length : 0;
    return this.place(name, told, this.base + start, Math.max(0, span.offset - start));
  }

  /** @param at from the frame's beginning */
  place(name: string, { key, raw, value }: FieldValue, at: number, length: number): this {
    this.fields.push({
      name,
      value: value ?? String(raw ?? ''),
      ...(key === undefined ? {} : { key, raw: raw ?? value ?? '' }),
      at,
      length,
    });
    return this;
  }

  finish(layer: Pick<Layer, 'protocol' | 'title' | 'summary'>, length: number, fault?: Fault): Layer {
    return {
      ...layer,
      at: this.base,
      length,
      fields: this.fields,
      ...(fault ? { fault: `${fault.field} ${fault.reason}` } : {}),
    };
  }
}

/** The first field of this name, in the innermost layer that has it. */
export function fieldOf(layers: readonly Layer[], key: string): LayerField | undefined {
  for (let at = layers.length - 1; at >= 0; at--) {
    const found = layers[at]?.fields.find((field) => field.key === key);
    if (found) return found;
  }
  return undefined;
}
