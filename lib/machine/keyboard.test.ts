import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanCodes } from './keyboard';

test.each([
  ['a key', 'a', [0x1e, 0x9e]],
  ['a key with Shift', '?', [0x2a, 0x35, 0xb5, 0xaa]],
  ['return', '\r', [0x1c, 0x9c]],
  ['escape', '\x1b', [0x01, 0x81]],
  ['F1', '\x1bOP', [0x3b, 0xbb]],
  ['F12', '\x1b[24~', [0x58, 0xd8]],
  ['an arrow', '\x1b[A', [0xe0, 0x48, 0xe0, 0xc8]],
  ['nothing for what the keyboard lacks', 'ü€', []],
])('%s', (_, typed, expected) => {
  expect(scanCodes(typed)).toEqual(expected);
});

test('every key that goes down comes up again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (typed) => {
      const down = new Set<number>();
      for (const code of scanCodes(typed).filter((one) => one !== 0xe0)) {
        if (code < 0x80) down.add(code);
        else expect(down.delete(code & 0x7f)).toBe(true);
      }
      expect(down.size).toBe(0);
    }),
  );
});
