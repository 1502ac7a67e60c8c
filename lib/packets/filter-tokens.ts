export type FilterToken = { at: number; length: number } & (
  | { type: 'word'; text: string }
  | { type: 'text'; text: string }
  | { type: 'comparison'; comparison: Comparison }
  | { type: 'and' | 'or' | 'not' | 'open' | 'close' | 'end' }
);

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'contains';

/** Why a filter cannot be understood. */
export interface FilterFault {
  /** Where in the text, in UTF-16 units. */
  at: number;
  length: number;
  /** What is wrong and what to do, in a sentence. */
  message: string;
}

const signs: Readonly<Record<string, FilterTokenKind>> = {
  '==': '==',
  '!=': '!=',
  '<=': '<=',
  '>=': '>=',
  '<': '<',
  '>': '>',
  '&&': 'and',
  '||': 'or',
  '!': 'not',
  '(': 'open',
  ')': 'close',
};
const words: Readonly<Record<string, FilterTokenKind>> = {
  and: 'and',
  or: 'or',
  not: 'not',
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  contains: 'contains',
};
type FilterTokenKind = Comparison | 'and' | 'or' | 'not' | 'open' | 'close';

/** Names, numbers, addresses with a prefix, hardware addresses. */
const word = /[\w.:/-]+/y;
const quoted = /"((?:[^"\\]|\\.)*)"/y;
const sign = /==|!=|<=|>=|&&|\|\||[<>!()]/y;

/** Never longer than what a person types. */
export const mostFilterCharacters = 1000;

export function filterTokens(text: string): FilterToken[] | FilterFault {
  if (text.length > mostFilterCharacters)
    return {
      at: mostFilterCharacters,
      length: text.length - mostFilterCharacters,
      message: `The filter has more than ${mostFilterCharacters} characters: shorten it.`,
    };
  const tokens: FilterToken[] = [];
  for (let at = 0; ;) {
    while (/\s/.test(text[at] ?? '')) at++;
    if (at >= text.length) return [...tokens, { type: 'end', at: text.length, length: 0 }];
    const token = tokenAt(text, at);
    if ('message' in token) return token;
    tokens.push(token);
    at += token.length;
  }
}

function tokenAt(text: string, at: number): FilterToken | FilterFault {
  for (const pattern of [sign, quoted, word]) pattern.lastIndex = at;
  const [found] = sign.exec(text) ?? [];
  if (found !== undefined) return kindToken(signs[found] ?? 'not', at, found.length);
  const string = quoted.exec(text);
  if (string) {
    const inside = (string[1] ?? '').replace(/\\(.)/g, '$1');
    return { type: 'text', text: inside, at, length: string[0].length };
  }
  const [name] = word.exec(text) ?? [];
  if (name !== undefined) {
    const kind = Object.hasOwn(words, name.toLowerCase()) ? words[name.toLowerCase()] : undefined;
    return kind ? kindToken(kind, at, name.length) : { type: 'word', text: name, at, length: name.length };
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const fault = (message: string, length = character.length): FilterFault => ({ at, length, message });
  if (character === '"')
    return fault('The quote is never closed: end the text with another ".', text.length - at);
  if (character === '=') return fault('One = is not a comparison: write ==.');
  if (character === '&' || character === '|')
    return fault(`“${character}” does not join tests: write “and” or “or”.`);
  return fault(`“${character}” means nothing in a filter: take it out, or put text in quotes.`);
}

const joints: readonly FilterTokenKind[] = ['and', 'or', 'not', 'open', 'close'];

function isJoint(kind: FilterTokenKind): kind is Exclude<FilterTokenKind, Comparison> {
  return joints.includes(kind);
}

function kindToken(kind: FilterTokenKind, at: number, length: number): FilterToken {
  return isJoint(kind) ? { type: kind, at, length } : { type: 'comparison', comparison: kind, at, length };
}
