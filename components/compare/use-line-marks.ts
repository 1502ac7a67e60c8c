import { type RefObject, useEffect, useState } from 'react';
import { DisposableStack } from '@/lib/base/lifecycle';
import type { TerminalHandle } from '../console/terminal-view';
import { differingLines } from './line-difference';

export interface LineCount {
  common: number;
  different: number;
}

/** Both shells echo at their own pace; this long after the last word of either they are compared. */
const settleMs = 200;

/** Marks, in both terminals, the lines that have no equal in the other. */
export function useLineMarks(
  left: RefObject<TerminalHandle | null>,
  right: RefObject<TerminalHandle | null>,
  /** Changes when a terminal is another one than before. */
  key: unknown,
): LineCount {
  const [counted, setCounted] = useState<LineCount>({ common: 0, different: 0 });
  useEffect(() => {
    const stack = new DisposableStack();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const compare = () => {
      // A handle is another one once its terminal has loaded.
      const [one, other] = [left.current, right.current];
      if (!one || !other) return;
      const oneLines = one.readLines();
      const otherLines = other.readLines();
      const difference = differingLines(
        oneLines.map(({ text }) => text),
        otherLines.map(({ text }) => text),
      );
      one.markRows(rowsOf(oneLines, difference.left));
      other.markRows(rowsOf(otherLines, difference.right));
      const different = difference.left.length + difference.right.length;
      setCounted((before) =>
        before.common === difference.common && before.different === different
          ? before
          : { common: difference.common, different },
      );
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(compare, settleMs);
    };
    for (const handle of [left.current, right.current]) if (handle) stack.add(handle.onChange(soon));
    stack.defer(() => clearTimeout(timer));
    soon();
    return () => stack.dispose();
  }, [left, right, key]);
  return counted;
}

/** Rows of the buffer that the given lines take up, wrapped ones included. */
function rowsOf(lines: readonly { row: number; rows: number }[], indexes: readonly number[]): number[] {
  return indexes.flatMap((index) => {
    const line = lines[index];
    return line ? Array.from({ length: line.rows }, (_, offset) => line.row + offset) : [];
  });
}
