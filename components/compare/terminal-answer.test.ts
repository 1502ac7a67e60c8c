import { expect, test } from 'vitest';
import { isTerminalAnswer } from './terminal-answer';

test.each([
  ['\x1b[24;80R', true],
  ['\x1b[?1;2c', true],
  ['\x1b[0n', true],
  ['\x1b[A', false],
  ['ls\r', false],
  ['\x03', false],
])('%j', (text, expected) => expect(isTerminalAnswer(new TextEncoder().encode(text))).toBe(expected));
