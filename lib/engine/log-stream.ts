// https://docs.docker.com/reference/api/engine/version/v1.44/#tag/Container/operation/ContainerAttach: "Stream format"
import { type ByteReader, cutOff, malformed } from './byte-reader';

export interface LogPart {
  stream: 'stdout' | 'stderr';
  /** Cut anywhere: not at lines, and not at characters. */
  bytes: Uint8Array;
}

const headerBytes = 8;
const streams: readonly (LogPart['stream'] | undefined)[] = ['stdout', 'stdout', 'stderr'];

/** Frames of both outputs. Their length is not trusted: parts are handed on as they come. */
export async function* readMultiplexed(reader: ByteReader): AsyncGenerator<LogPart> {
  for (;;) {
    const header = await reader.readExactly(headerBytes);
    if (!header) return;
    const stream = streams[header[0] ?? -1];
    if (stream === undefined) throw malformed('its log names an output that there is not');
    const length = new DataView(header.buffer, header.byteOffset).getUint32(4);
    for (let left = length; left > 0;) {
      const bytes = await reader.read(left);
      if (!bytes) throw cutOff();
      left -= bytes.length;
      yield { stream, bytes };
    }
  }
}

/** The one output of a container that has a terminal. */
export async function* readRaw(reader: ByteReader): AsyncGenerator<LogPart> {
  for (let bytes = await reader.read(); bytes; bytes = await reader.read()) yield { stream: 'stdout', bytes };
}
