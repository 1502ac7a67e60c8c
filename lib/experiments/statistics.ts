/** Order statistics of some samples, in the samples' unit. */
export interface Spread {
  min: number;
  median: number;
  max: number;
  n: number;
}

/** @returns undefined without samples */
export function spreadOf(samples: readonly number[]): Spread | undefined {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  const min = sorted[0];
  const max = sorted[n - 1];
  if (min === undefined || max === undefined) return undefined;
  const upper = sorted[n >> 1] ?? min;
  const lower = sorted[(n - 1) >> 1] ?? min;
  return { min, median: (lower + upper) / 2, max, n };
}
