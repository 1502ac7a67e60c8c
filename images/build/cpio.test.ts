import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CpioEntry, parseCpio, writeCpio } from './cpio';

const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,11}$/);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const mode = fc.constantFrom(0o644, 0o755, 0o600, 0o1777);
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ path, mode, type: fc.constant('file'), data: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ path, mode, type: fc.constant('directory') }),
  fc.record({ path, mode, type: fc.constant('symlink'), target: path }),
  fc.record({
    path,
    mode,
    type: fc.constant('character-device'),
    major: fc.nat({ max: 255 }),
    minor: fc.nat({ max: 255 }),
  }),
);
const tree = fc.uniqueArray(entry, { selector: (one) => one.path, maxLength: 12 });

const byPath = (a: CpioEntry, b: CpioEntry) => (a.path < b.path ? -1 : 1);

describe('writeCpio', () => {
  test('what it writes is read back', () => {
    fc.assert(
      fc.property(tree, (entries) => {
        expect(parseCpio(writeCpio(entries))).toEqual([...entries].sort(byPath));
      }),
    );
  });

  test('the order in which entries are given does not matter', () => {
    fc.assert(
      fc.property(tree, (entries) => {
        expect(Buffer.from(writeCpio([...entries].reverse())).equals(writeCpio(entries))).toBe(true);
      }),
    );
  });

  test('a folder comes before what is in it', () => {
    const archive = writeCpio([
      { path: 'etc/hosts', mode: 0o644, type: 'file', data: new Uint8Array() },
      { path: 'etc', mode: 0o755, type: 'directory' },
    ]);
    expect(parseCpio(archive).map((one) => one.path)).toEqual(['etc', 'etc/hosts']);
  });

  test('equal programs are one file, other equal files are not', () => {
    const data = new Uint8Array(1000).fill(7);
    const twice = (mode: number): CpioEntry[] =>
      ['a', 'b'].map((path) => ({ path, mode, type: 'file', data }));
    const programs = writeCpio(twice(0o755));
    expect(programs.length).toBe(writeCpio(twice(0o644)).length - data.length);
    expect(parseCpio(programs)).toEqual(twice(0o755));
  });

  test('a path that is given twice is refused', () => {
    const twice: CpioEntry = { path: 'etc', mode: 0o755, type: 'directory' };
    expect(() => writeCpio([twice, twice])).toThrow('etc is in the archive twice');
  });
});

describe('parseCpio', () => {
  test('an archive that was cut off is an error', () => {
    const archive = writeCpio([{ path: 'a', mode: 0o644, type: 'file', data: new Uint8Array(100) }]);
    fc.assert(
      fc.property(fc.nat({ max: archive.length - 14 }), (length) => {
        expect(() => parseCpio(archive.subarray(0, length))).toThrow(/archive ends|no newc header/);
      }),
    );
  });

  test('altered bytes are an error or other entries, and nothing else happens', () => {
    const archive = writeCpio([
      { path: 'a', mode: 0o644, type: 'file', data: new Uint8Array(10) },
      { path: 'b', mode: 0o777, type: 'symlink', target: 'a' },
    ]);
    fc.assert(
      fc.property(fc.nat({ max: archive.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
        const altered = archive.slice();
        altered[at] = value;
        try {
          expect(Array.isArray(parseCpio(altered))).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/archive ends|no newc header|unknown type/);
        }
      }),
    );
  });
});
