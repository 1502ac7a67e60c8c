/**
 * Terminals answer questions of programs on the same way as people type: cursor position, device attributes and status
 * (ECMA-48 CPR, DA, DSR). An answer belongs to the program that asked, and to no other.
 */
export function isTerminalAnswer(bytes: Uint8Array): boolean {
  return /^\x1b\[(\d+;\d+R|[?>=][\d;]*c|0n|\?[\d;]+\$y)$/.test(new TextDecoder().decode(bytes));
}
