// RFC 9293, 3.4: sequence numbers
/*
 * Inside the stack a position in a stream is a plain number that only grows: the SYN is 0, the first byte 1. It becomes a
 * sequence number of 32 bits where a segment is written, and back where one is read.
 */

export function wrap(initial: number, position: number): number {
  return (initial + position) >>> 0;
}

/** The position nearest to one that is known, at most 2 GiB from it. */
export function unwrap(initial: number, sequenceNumber: number, near: number): number {
  return near + ((sequenceNumber - initial - near) | 0);
}
