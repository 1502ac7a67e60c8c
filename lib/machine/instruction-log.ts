/** How many instructions a machine had executed when. Row by row, in order; neither column ever falls. */
export interface InstructionHistory {
  /** Milliseconds, on the clock of the machine's platform. */
  atMs: Float64Array<ArrayBuffer>;
  /** Since power on. */
  instructions: Float64Array<ArrayBuffer>;
}

/** A busy emulator takes a note about each millisecond, so this is some ten seconds of work. */
const capacity = 16_384;

/** The last notes of an emulator, taken before and after each of its time slices. */
export class InstructionLog {
  private readonly atMs = new Float64Array(capacity);
  private readonly instructions = new Float64Array(capacity);
  private taken = 0;

  note(atMs: number, instructions: number): void {
    // While the guest sleeps only the last of equal notes is kept, and the first, from which on it slept.
    const isAsleep = this.taken >= 2 && this.back(1) === instructions && this.back(2) === instructions;
    if (!isAsleep) this.taken += 1;
    this.atMs[(this.taken - 1) % capacity] = atMs;
    this.instructions[(this.taken - 1) % capacity] = instructions;
  }

  read(): InstructionHistory {
    const kept = Math.min(this.taken, capacity);
    const rows = Array.from({ length: kept }, (_, row) => (this.taken - kept + row) % capacity);
    return {
      atMs: Float64Array.from(rows, (row) => this.atMs[row] ?? 0),
      instructions: Float64Array.from(rows, (row) => this.instructions[row] ?? 0),
    };
  }

  private back(steps: number): number | undefined {
    return this.instructions[(this.taken - steps) % capacity];
  }
}

/**
 * Instructions executed by a moment; between two notes they are taken to have been executed evenly.
 * @returns undefined for a moment before the first note, of which nothing is known any more
 */
export function instructionsAt(
  { atMs, instructions }: InstructionHistory,
  moment: number,
): number | undefined {
  let before = -1;
  for (let after = atMs.length; after - before > 1;) {
    const middle = (before + after) >> 1;
    if ((atMs[middle] ?? Infinity) <= moment) before = middle;
    else after = middle;
  }
  const [from, to] = [atMs[before], atMs[before + 1]];
  const [low, high] = [instructions[before], instructions[before + 1]];
  if (from === undefined || low === undefined) return undefined;
  if (to === undefined || high === undefined) return low;
  return low + ((high - low) * (moment - from)) / (to - from);
}
