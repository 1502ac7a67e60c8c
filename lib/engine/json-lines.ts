import { type ByteReader, malformed } from './byte-reader';

/** What reads a value that nobody has looked at yet: a zod schema. */
interface Schema<T> {
  parse(value: unknown): T;
}

/** Objects of JSON, one a line, until the stream ends. @throws HullError `engine-malformed` */
export async function* readJsonLines<T>(
  reader: ByteReader,
  schema: Schema<T>,
  lineLimitBytes: number,
): AsyncGenerator<T> {
  for (;;) {
    const line = await reader.readLine(lineLimitBytes);
    if (line === undefined) return;
    if (line !== '') yield parseJson(line, schema);
  }
}

/** @throws HullError `engine-malformed` */
export function parseJson<T>(text: string, schema: Schema<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw malformed('it is not of the form that was agreed on', cause);
  }
}
