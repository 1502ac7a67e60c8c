import { expect, test } from 'vitest';
import { handleTerminalKey } from './terminal-keys';

const key = (press: Partial<KeyboardEvent>) => press as KeyboardEvent;
const nothingSelected = { hasSelection: () => false, clearSelection: () => undefined };
const selected = { ...nothingSelected, hasSelection: () => true };

test('Shift+Tab is left to the page, Tab to the shell', () => {
  expect(handleTerminalKey(key({ key: 'Tab', shiftKey: true }), nothingSelected, false)).toBe(false);
  expect(handleTerminalKey(key({ key: 'Tab' }), nothingSelected, false)).toBe(true);
  expect(handleTerminalKey(key({ key: 'Tab' }), nothingSelected, true)).toBe(false);
});

test('Ctrl+C interrupts, and copies when something is selected', () => {
  const press = key({ key: 'c', ctrlKey: true, type: 'keyup' });
  expect(handleTerminalKey(press, nothingSelected, false)).toBe(true);
  expect(handleTerminalKey(press, selected, false)).toBe(false);
});
