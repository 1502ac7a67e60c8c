import { contains, parseAddress, parseMac, parseSubnet, type Subnet } from '../wire/formats/addresses';
import type { Layer, RawValue } from './layer';
import { type FilterField, filterFields, filterProtocols, nearestName } from './filter-fields';
import { type Comparison, type FilterFault, filterTokens, type FilterToken } from './filter-tokens';

export type { FilterFault } from './filter-tokens';

/** Whether a packet with these layers is wanted. */
export type PacketTest = (layers: readonly Layer[]) => boolean;

export type ParsedFilter = { type: 'filter'; test: PacketTest } | { type: 'fault'; fault: FilterFault };

/** More brackets and `not`s than these are no filter. */
const mostDepth = 50;

/**
 * Reads a filter: tests of fields (`tcp.port == 80`), names of protocols, `not`, `and`, `or`, brackets, in Wireshark's words.
 * `and` binds closer than `or`. A field may be there more than once, in both ends of a packet and in a tunnel: any of them will do, but
 * `!=` wants none that is equal, and one at least. The empty filter wants everything.
 */
export function parseFilter(text: string): ParsedFilter {
  const tokens = filterTokens(text);
  if ('message' in tokens) return { type: 'fault', fault: tokens };
  if (tokens.length === 1) return { type: 'filter', test: () => true };
  try {
    return { type: 'filter', test: new FilterParser(tokens).whole() };
  } catch (thrown) {
    if (thrown instanceof Misread) return { type: 'fault', fault: thrown.fault };
    throw thrown;
  }
}

/** Thrown and caught in this file: the way out of the recursion. */
class Misread extends Error {
  constructor(readonly fault: FilterFault) {
    super(fault.message);
  }
}

class FilterParser {
  private next = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly FilterToken[]) {}

  whole(): PacketTest {
    const test = this.anyOf();
    const { type } = this.token;
    if (type === 'end') return test;
    if (type === 'close') this.fail('This bracket closes none: take it out, or open one before.');
    this.fail('Tests are joined by “and” or “or”: put one of them here.');
  }

  private get token(): FilterToken {
    return this.tokens[Math.min(this.next, this.tokens.length - 1)] as FilterToken;
  }

  private anyOf(): PacketTest {
    const tests = [this.allOf()];
    while (this.take('or')) tests.push(this.allOf());
    return (layers) => tests.some((test) => test(layers));
  }

  private allOf(): PacketTest {
    const tests = [this.one()];
    while (this.take('and')) tests.push(this.one());
    return (layers) => tests.every((test) => test(layers));
  }

  private one(): PacketTest {
    if (++this.depth > mostDepth)
      this.fail(`There are more than ${mostDepth} brackets here: write it shorter.`);
    const test = this.negatedOrNot();
    this.depth--;
    return test;
  }

  private negatedOrNot(): PacketTest {
    if (this.take('not')) {
      const test = this.one();
      return (layers) => !test(layers);
    }
    const opened = this.token;
    if (this.take('open')) {
      const test = this.anyOf();
      if (!this.take('close')) this.fail('This bracket is never closed: add a ) where it ends.', opened);
      return test;
    }
    return this.comparison();
  }

  private comparison(): PacketTest {
    const name = this.token;
    if (name.type !== 'word') {
      const isLost =
        name.type === 'end' || name.type === 'and' || name.type === 'or' || name.type === 'close';
      this.fail(
        isLost
          ? 'A test is missing here, such as tcp.port == 80 or dns.'
          : 'A test begins with a name, such as tcp.port or dns.',
      );
    }
    this.next++;
    const field = filterFields.get(name.text.toLowerCase());
    if (!field) return this.protocol(name.text, name);
    const sign = this.token;
    if (sign.type !== 'comparison') return (layers) => valuesOf(layers, field).length > 0;
    this.next++;
    return compare(field, sign.comparison, this.value(name.text, field, sign.comparison));
  }

  private protocol(text: string, token: FilterToken): PacketTest {
    const name = text.toLowerCase();
    if (filterProtocols.has(name)) {
      if (this.token.type === 'comparison')
        this.fail(
          `${text} is a protocol and has no value: compare one of its fields, such as ${exampleOf(name)}.`,
        );
      return (layers) => layers.some(({ protocol }) => protocol === name);
    }
    const near = nearestName(text);
    this.fail(
      near === undefined
        ? `There is no field or protocol “${text}”: see the list of fields.`
        : `There is no field or protocol “${text}”: did you mean ${near}?`,
      token,
    );
  }

  private value(name: string, field: FilterField, comparison: Comparison): RawValue | Subnet {
    const { token } = this;
    if (token.type !== 'word' && token.type !== 'text')
      this.fail(`A value is missing: ${name} is compared with ${valueExamples[field.type]}.`);
    this.next++;
    const value = comparison === 'contains' ? token.text : readValue(field, token.text);
    if (value === undefined)
      this.fail(`“${token.text}” is not what ${name} can be: it is ${valueExamples[field.type]}.`, token);
    if (typeof value === 'object' && comparison !== '==' && comparison !== '!=')
      this.fail('A network is compared with == or != only.', token);
    return value;
  }

  private take(type: FilterToken['type']): boolean {
    if (this.token.type !== type) return false;
    this.next++;
    return true;
  }

  private fail(message: string, { at, length }: FilterToken = this.token): never {
    throw new Misread({ at, length, message });
  }
}

const valueExamples = {
  number: 'a number, such as 80 or 0x50',
  address: 'an address or network, such as 10.0.0.10 or 10.0.0.0/24',
  mac: 'a hardware address, such as 02:00:00:00:00:01',
  text: 'text, such as "web"',
} as const;

function exampleOf(protocol: string): string {
  for (const name of filterFields.keys()) if (name.startsWith(`${protocol}.`)) return name;
  return 'frame.len';
}

function readValue({ type }: FilterField, text: string): RawValue | Subnet | undefined {
  switch (type) {
    case 'number': {
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1 : 0;
      const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : NaN;
      return Number.isSafeInteger(value) ? value : undefined;
    }
    case 'address':
      return text.includes('/') ? parseSubnet(text) : parseAddress(text);
    case 'mac':
      return parseMac(text);
    case 'text':
      return text;
  }
}

function valuesOf(layers: readonly Layer[], { keys }: FilterField): RawValue[] {
  const values: RawValue[] = [];
  for (const { fields } of layers)
    for (const { key, raw } of fields)
      if (key !== undefined && raw !== undefined && keys.includes(key)) values.push(raw);
  return values;
}

function compare(field: FilterField, comparison: Comparison, wanted: RawValue | Subnet): PacketTest {
  const isEqual = (value: RawValue) =>
    typeof wanted === 'object' ? typeof value === 'number' && contains(wanted, value) : value === wanted;
  const some = (test: (value: RawValue) => boolean) => (layers: readonly Layer[]) =>
    valuesOf(layers, field).some(test);
  switch (comparison) {
    case '==':
      return some(isEqual);
    case '!=':
      return (layers) => {
        const values = valuesOf(layers, field);
        return values.length > 0 && !values.some(isEqual);
      };
    case '<':
      return some((value) => value < (wanted as RawValue));
    case '<=':
      return some((value) => value <= (wanted as RawValue));
    case '>':
      return some((value) => value > (wanted as RawValue));
    case '>=':
      return some((value) => value >= (wanted as RawValue));
    case 'contains': {
      const part = typeof wanted === 'object' ? '' : String(wanted);
      return (layers) =>
        layers.some(({ fields }) =>
          fields.some(
            ({ key, value }) => key !== undefined && field.keys.includes(key) && value.includes(part),
          ),
        );
    }
  }
}
