/** One figure with its samples and what it should be. */
export interface Figure {
  /** The words by which the figure is known everywhere. */
  name: string;
  unit: string;
  samples: readonly number[];
  /** Absent for figures that stand beside others to be compared with. */
  target?: Target;
}

export interface Target {
  /** As in "at most 45 Mi". */
  text: string;
  met(median: number): boolean;
}

export interface Bench {
  /** What `npm run bench -- NAME` takes. */
  name: string;
  /** Left out unless asked for by name; with the reason. */
  onlyByName?: string;
  measure(report: (text: string) => void): Promise<Figure[]>;
}

export function atMost(limit: number, unit: string): Target {
  return { text: `<= ${limit} ${unit}`, met: (median) => median <= limit };
}

export function atLeast(limit: number, unit: string): Target {
  return { text: `>= ${limit} ${unit}`, met: (median) => median >= limit };
}
