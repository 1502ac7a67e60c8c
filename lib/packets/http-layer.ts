import { parseHttpHead, type StartLine } from '../wire/formats/http-head';
import { type Layer, LayerBuilder } from './layer';

/** What begins like this may be a head; anything else in a segment is a part of a body. */
const start = /^(?:HTTP\/1\.\d \d{3}|[A-Z]{3,10} \S{1,200})/;
const startBytes = 220;
const mostLines = 100;

/** A head at the beginning of a segment, as far as the segment has it; `undefined` where there is none. */
export function httpLayer(
  bytes: Uint8Array,
  base: number,
): { layer: Layer; payload: Uint8Array } | undefined {
  if (!start.test(latin1(bytes.subarray(0, startBytes)))) return undefined;
  const parsed = parseHttpHead(bytes);
  const { head } = parsed;
  if (!head) return undefined;
  const isComplete = parsed.type === 'complete';
  const headBytes = isComplete ? bytes.length - parsed.payload.length : bytes.length;
  const builder = new LayerBuilder(base);
  const lines = linesOf(bytes.subarray(0, headBytes)).slice(0, mostLines);
  for (const [index, { text, at, length }] of lines.entries()) {
    if (index === 0) startFields(builder, head.start, base + at, length);
    else headerField(builder, text, base + at, length);
  }
  const layer = builder.finish(
    {
      protocol: 'http',
      title: 'Hypertext Transfer Protocol',
      summary: `${startText(head.start)}${isComplete ? '' : ' (head goes on)'}`,
    },
    headBytes,
    parsed.type === 'malformed' ? parsed.fault : undefined,
  );
  return { layer, payload: isComplete ? parsed.payload : bytes.subarray(bytes.length) };
}

function startText(line: StartLine): string {
  return line.type === 'request'
    ? `${line.method} ${line.target}`
    : `${line.status} ${line.reason}`.trimEnd();
}

function startFields(builder: LayerBuilder, line: StartLine, at: number, length: number): void {
  if (line.type === 'request') {
    const { method, target, version } = line;
    builder
      .place('method', { key: 'http.request.method', raw: method }, at, method.length)
      .place('target', { key: 'http.request.uri', raw: target }, at + method.length + 1, target.length)
      .place('version', { key: 'http.version', raw: version }, at + length - version.length, version.length);
    return;
  }
  builder
    .place('version', { key: 'http.version', raw: line.version }, at, line.version.length)
    .place('status', { key: 'http.response.code', raw: line.status }, at + line.version.length + 1, 3)
    .place('reason', { value: line.reason }, at + length - line.reason.length, line.reason.length);
}

const keys: Readonly<Record<string, string>> = {
  host: 'http.host',
  'user-agent': 'http.user_agent',
  'content-type': 'http.content_type',
  'content-length': 'http.content_length',
};

function headerField(builder: LayerBuilder, text: string, at: number, length: number): void {
  const colon = text.indexOf(':');
  if (colon < 1) return;
  const name = text.slice(0, colon);
  const value = text.slice(colon + 1).trim();
  const key = keys[name.toLowerCase()];
  const raw = key === 'http.content_length' ? Number(value) : value;
  builder.place(name, key === undefined ? { value } : { key, raw, value }, at, length);
}

/** Lines without their ends; empty ones are left out. */
function linesOf(bytes: Uint8Array): { text: string; at: number; length: number }[] {
  const lines: { text: string; at: number; length: number }[] = [];
  for (let at = 0; at < bytes.length;) {
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed;
    const length = (end > at && bytes[end - 1] === 13 ? end - 1 : end) - at;
    if (length > 0) lines.push({ text: latin1(bytes.subarray(at, at + length)), at, length });
    at = end + 1;
  }
  return lines;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
