/** Lines beyond this many, counted from the end, are not compared: the table below grows with their square. */
const comparedLines = 400;

export interface LineDifference {
  /** Indexes of lines that have no equal on the other side, in order. */
  left: number[];
  right: number[];
  /** How many lines stand on both sides. */
  common: number;
}

/** What a longest common subsequence leaves over on each side. Empty lines are never a difference. */
export function differingLines(left: readonly string[], right: readonly string[]): LineDifference {
  const leftStart = Math.max(0, left.length - comparedLines);
  const rightStart = Math.max(0, right.length - comparedLines);
  const a = left.slice(leftStart);
  const b = right.slice(rightStart);
  const width = b.length + 1;
  // lengths[i * width + j]: length of the longest common subsequence of a[i..] and b[j..]
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const difference: LineDifference = { left: [], right: [], common: 0 };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      if (a[i] !== '') difference.common++;
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      if (a[i] !== '') difference.left.push(leftStart + i);
      i++;
    } else {
      if (b[j] !== '') difference.right.push(rightStart + j);
      j++;
    }
  }
  return difference;
}
