import { expect, test } from 'vitest';
import { parseUriLine } from './debian-archive';

const digest = 'a'.repeat(64);

test('a line of apt-get --print-uris names the package', () => {
  const line = `'http://archive.example/pool/b/busybox-static_1.35.0-4%2bb1_i386.deb' busybox-static_1%3a1.35.0-4+b1_i386.deb 958344 SHA256:${digest}`;
  expect(parseUriLine(line)).toEqual({
    name: 'busybox-static',
    version: '1:1.35.0-4+b1',
    file: 'busybox-static_1%3a1.35.0-4+b1_i386.deb',
    sha256: digest,
  });
});

test.each([
  'Reading package lists...',
  `'http://archive.example/x.deb' x_1_all.deb 10 MD5Sum:00`,
  `'http://archive.example/x.deb' nameonly 10 SHA256:${digest}`,
  '',
])('%j names none', (line) => {
  expect(parseUriLine(line)).toBeUndefined();
});
