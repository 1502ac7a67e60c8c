import { spreadOf } from '../lib/experiments/statistics';
import type { Figure } from './figure';

const format = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, useGrouping: false });

/** Figures beside their targets, aligned for a terminal. */
export function printTable(figures: readonly Figure[]): void {
  const rows = figures.map((figure) => {
    const spread = spreadOf(figure.samples);
    return [
      figure.name,
      spread ? format.format(spread.median) : 'none',
      spread ? `${format.format(spread.min)}..${format.format(spread.max)}` : '',
      figure.unit,
      String(spread?.n ?? 0),
      figure.target?.text ?? '',
      figure.target && spread ? (figure.target.met(spread.median) ? 'met' : 'MISSED') : '',
    ];
  });
  const table = [['figure', 'median', 'min..max', 'unit', 'n', 'target', ''], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
