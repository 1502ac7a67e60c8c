// images/links/REPORT.md: what a guest says of its links, a JSON object a line.
import { z } from 'zod';
import { HullError } from '../base/hull-error';

const index = z.int().nonnegative();
const id = z.int().nonnegative();
const count = z.number().nonnegative();

const link = z
  .object({
    index,
    name: z.string(),
    /** Empty for a card and for loopback. */
    kind: z.string(),
    mode: z.string().optional(),
    mac: z.string().optional(),
    addresses: z.array(z.string()),
    mtu: z.int().nonnegative(),
    up: z.boolean(),
    carrier: z.boolean(),
    /** The bridge that it is a port of. */
    master: index.optional(),
    /** A veth link's other end; what others stand on. Without a namespace: where nobody looks. */
    lower: z.object({ index, namespace: id.optional() }).optional(),
    vlan: z.int().optional(),
    vni: z.int().optional(),
  })
  .readonly();

const namespace = z.object({
  type: z.literal('namespace'),
  namespace: id,
  /** The machine's own. */
  own: z.boolean(),
  forwards: z.boolean().optional(),
  process: z.int().optional(),
  names: z.array(z.string()),
  containers: z.array(z.string()),
  links: z.array(link),
  leftOut: count.optional(),
});

const counters = z.object({
  type: z.literal('counters'),
  namespace: id,
  links: z.array(z.tuple([index, count, count, count, count, count])),
});

const line = z.discriminatedUnion('type', [
  namespace,
  counters,
  z.object({ type: z.literal('gone'), namespace: id }),
  z.object({ type: z.literal('told'), leftOut: count }),
]);

export type ReportLine = z.infer<typeof line>;
export type GuestLink = z.infer<typeof link>;
export type GuestNamespace = Omit<z.infer<typeof namespace>, 'type'>;

/** As a link sees it. */
export interface LinkCounters {
  receivedFrames: number;
  sentFrames: number;
  dropped: number;
}

/** What the program promises, and some more for a newer one. Characters. */
const lineLimit = 1024 * 1024;

/** Takes the report in whatever portions it comes. @throws HullError `report-malformed` */
export class ReportReader {
  private readonly decoder = new TextDecoder();
  private pending = '';

  push(bytes: Uint8Array): ReportLine[] {
    const lines = (this.pending + this.decoder.decode(bytes, { stream: true })).split('\n');
    this.pending = lines.pop() ?? '';
    if (this.pending.length > lineLimit) throw malformed(`a line has more than ${lineLimit} characters`);
    return lines.filter((text) => text !== '').map(parseLine);
  }
}

function parseLine(text: string): ReportLine {
  try {
    return line.parse(JSON.parse(text));
  } catch (cause) {
    throw malformed('it is not of the form that was agreed on', cause);
  }
}

function malformed(what: string, cause?: unknown): HullError<'report-malformed'> {
  return new HullError(
    'report-malformed',
    `The machine’s report of its links was not understood: ${what}.`,
    'Ask again; if it stays so, restart the machine.',
    { cause },
  );
}
