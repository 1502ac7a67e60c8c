import type { Terminal } from '@xterm/xterm';

/**
 * What the page keeps for itself; `false` leaves the key to the browser.
 * Shift+Tab must leave the terminal, or a person without a mouse is caught in it (WCAG 2.1.2).
 */
export function handleTerminalKey(
  event: KeyboardEvent,
  terminal: Pick<Terminal, 'hasSelection' | 'clearSelection'>,
  readOnly: boolean,
): boolean {
  if (event.key === 'Tab') return !(event.shiftKey || readOnly);
  if (!event.ctrlKey || event.shiftKey || event.altKey || event.metaKey) return true;
  if (event.key === 'v') return false;
  if (event.key === 'c' && terminal.hasSelection()) {
    // The browser copies after this handler; the next Ctrl+C interrupts again.
    if (event.type === 'keydown') setTimeout(() => terminal.clearSelection());
    return false;
  }
  return true;
}
