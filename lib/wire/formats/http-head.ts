// RFC 9112: HTTP/1.1, the head of a message
import type { Fault } from './field-reader';

export type StartLine =
  | { type: 'request'; method: string; target: string; version: string }
  | { type: 'response'; version: string; status: number; reason: string };

/** Names as they were sent: `headerOf` does not mind their case. */
export type HttpHeader = readonly [name: string, value: string];

export interface HttpHead {
  start: StartLine;
  headers: readonly HttpHeader[];
}

export type ParsedHead =
  /** No empty line yet. `head` is what is there, for a view; a server waits for more. */
  | { type: 'incomplete'; head: HttpHead | undefined }
  /** Not HTTP/1: `head` is what could be read, without the lines that could not. */
  | { type: 'malformed'; head: HttpHead | undefined; fault: Fault; payload: Uint8Array }
  | { type: 'complete'; head: HttpHead; payload: Uint8Array };

/** What servers commonly take. A head that is longer is malformed, not incomplete. */
export const maxHeadBytes = 32 * 1024;
const maxHeaders = 200;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5: any byte but control characters. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Reads bytes as ISO 8859-1, so that writing gives the same bytes. */
export function parseHttpHead(bytes: Uint8Array): ParsedHead {
  const text = latin1(bytes.subarray(0, maxHeadBytes));
  const lines: { text: string; offset: number }[] = [];
  let headEnd: number | undefined;
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf('\n', at);
    if (feed < 0) break;
    const line = text.slice(at, feed > at && text[feed - 1] === '\r' ? feed - 1 : feed);
    // RFC 9112, 2.2: empty lines before the start line are skipped.
    if (line === '' && lines.length > 0) {
      headEnd = feed + 1;
      break;
    }
    if (line !== '') lines.push({ text: line, offset: at });
    at = feed + 1;
  }
  const { head, fault } = headOf(lines);
  const payload = bytes.subarray(headEnd ?? Math.min(bytes.length, maxHeadBytes));
  if (fault) return { type: 'malformed', head, fault, payload };
  if (headEnd === undefined) {
    if (bytes.length < maxHeadBytes) return { type: 'incomplete', head };
    const reason = `has more than ${maxHeadBytes} bytes`;
    return { type: 'malformed', head, fault: { field: 'head', reason, offset: 0 }, payload };
  }
  if (head) return { type: 'complete', head, payload };
  return { type: 'incomplete', head: undefined };
}

function headOf(lines: readonly { text: string; offset: number }[]): {
  head: HttpHead | undefined;
  fault?: Fault;
} {
  const [first, ...rest] = lines;
  if (!first) return { head: undefined };
  const start = startLineOf(first.text);
  if (!start)
    return { head: undefined, fault: { field: 'start-line', reason: 'is not HTTP/1', offset: first.offset } };
  const headers: HttpHeader[] = [];
  let fault: Fault | undefined;
  for (const { text, offset } of rest) {
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(colon, 0));
    const value = text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (!token.test(name) || !fieldValue.test(value))
      fault ??= { field: 'field-line', reason: 'is not a name, a colon and a value', offset };
    else if (headers.length >= maxHeaders)
      fault ??= { field: 'field-line', reason: `is one of more than ${maxHeaders}`, offset };
    else headers.push([name, value]);
  }
  return fault ? { head: { start, headers }, fault } : { head: { start, headers } };
}

function startLineOf(line: string): StartLine | undefined {
  const response = /^(HTTP\/1\.\d) (\d{3})(?: (.*))?$/.exec(line);
  if (response) {
    const [, version = '', status = '', reason = ''] = response;
    return { type: 'response', version, status: Number(status), reason };
  }
  const request = /^(\S+) (\S+) (HTTP\/1\.\d)$/.exec(line);
  const [, method = '', target = '', version = ''] = request ?? [];
  return token.test(method) ? { type: 'request', method, target, version } : undefined;
}

/** @throws RangeError for what would end a line or a field early */
export function writeHttpHead({ start, headers }: HttpHead): Uint8Array<ArrayBuffer> {
  const first =
    start.type === 'request'
      ? `${start.method} ${start.target} ${start.version}`
      : `${start.version} ${start.status} ${start.reason}`;
  if (/[\r\n]/.test(first)) throw new RangeError(`${JSON.stringify(first)} cannot be a start line`);
  const lines = headers.map(([name, value]) => {
    if (!token.test(name) || !fieldValue.test(value))
      throw new RangeError(`${JSON.stringify(`${name}: ${value}`)} cannot be a header`);
    return `${name}: ${value}\r\n`;
  });
  const text = `${first}\r\n${lines.join('')}\r\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The value of a header, several of the same name joined with commas; `undefined` without any. */
export function headerOf(headers: readonly HttpHeader[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
