import fc from 'fast-check';
import { expect } from 'vitest';
import type { Parsed } from './field-reader';

/**
 * What every decoder promises of bytes that it has never seen, for its tests: it does not throw, its payload is a view of
 * what it was given, and its fault names a field inside it. Tried with noise, and with real packets that were cut off or
 * had some bytes changed.
 */
export function expectCalm<T>(parse: (bytes: Uint8Array) => Parsed<T>, real: readonly Uint8Array[]): void {
  const noise = fc.uint8Array({ maxLength: 400 });
  const altered = fc
    .record({
      packet: fc.constantFrom(...real),
      length: fc.double({ min: 0, max: 1, noNaN: true }),
      changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 4 }),
    })
    .map(({ packet, length, changes }) => {
      const bytes = packet.slice(0, Math.round(packet.length * length));
      for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(noise, altered), (bytes) => {
      const { payload, fault } = parse(bytes);
      expect(payload.buffer).toBe(bytes.buffer);
      expect(payload.length).toBeLessThanOrEqual(bytes.length);
      if (!fault) return;
      expect(fault.field).not.toBe('');
      expect(fault.offset).toBeGreaterThanOrEqual(0);
      expect(fault.offset).toBeLessThanOrEqual(bytes.length);
    }),
  );
  for (const packet of real) {
    expect(parse(packet).fault).toBeUndefined();
    for (let length = 0; length < packet.length; length++) parse(packet.subarray(0, length));
  }
  expect(parse(new Uint8Array(0)).fault).toBeDefined();
}
