import { expect, test } from 'vitest';
import { formatBytes, formatInstructions, formatMs } from './format';

test.each([
  [formatMs(1234.5), '1.23 s'],
  [formatMs(87.2), '87 ms'],
  [formatMs(3.21), '3.2 ms'],
  [formatInstructions(45_300_000), '45.3 Mi'],
  [formatBytes(5_480_000), '5.5 MB'],
  [formatBytes(5_480), '5 kB'],
  [formatBytes(0), '0 B'],
])('%s', (actual, expected) => expect(actual).toBe(expected));
