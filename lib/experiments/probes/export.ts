import type { Environment, ExperimentResult } from '../result';
import { toCsv } from '../result';
import { type Cell, type ProbeRow, sides } from './probe';

const caveats = [
  'Both machines are emulated in this browser, so times are longer than on hardware; what a probe may do and see is not changed by that.',
  'The container has the default restrictions of its runtime; another configuration gives other answers.',
];

/** The table as it is now, for a spreadsheet. */
export function rowsAsCsv(rows: readonly ProbeRow[]): string {
  return toCsv(
    rows.map((row) => ({
      id: row.id,
      group: row.group,
      question: row.question,
      container: text(row.cells.container),
      machine: text(row.cells.machine),
      host: text(row.cells.host),
      'container and machine': row.verdict,
      'container and its host': row.verdictOnHost,
      why: row.sentence,
    })),
  );
}

/** The same with where and when it was taken. */
export function rowsAsJson(rows: readonly ProbeRow[], environment: Environment, takenAt: Date): string {
  const result: ExperimentResult<Omit<ProbeRow, 'volatile'>> = {
    experiment: 'compare',
    takenAt: takenAt.toISOString(),
    environment,
    samples: rows.map(({ volatile: _, ...row }) => row),
    caveats,
  };
  return JSON.stringify(result, null, 2);
}

/** Sides whose answer is another than before, by probe; answers that move by themselves are no news. */
export function changedCells(before: readonly ProbeRow[], after: readonly ProbeRow[]): ReadonlySet<string> {
  const known = new Map(before.map((row) => [row.id, row]));
  const changed = new Set<string>();
  for (const row of after) {
    const earlier = known.get(row.id);
    if (!earlier || row.volatile) continue;
    for (const side of sides) {
      if (text(earlier.cells[side]) !== text(row.cells[side])) changed.add(`${row.id}/${side}`);
    }
  }
  return changed;
}

function text(cell: Cell): string {
  return cell.type === 'value' ? cell.lines.join('\n') : cell.reason;
}
