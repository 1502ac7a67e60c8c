/** What every experiment returns: raw samples, where they come from, and what they do not say. */
export interface ExperimentResult<Sample> {
  experiment: string;
  /** ISO 8601 */
  takenAt: string;
  environment: Environment;
  samples: readonly Sample[];
  caveats: readonly string[];
}

export interface Environment {
  /** The browser's or Node's own words. */
  platform: string;
  logicalCores: number;
}

/** RFC 4180, with a header line. Columns are the keys of the first row; a key missing in a row leaves its field empty. */
export function toCsv(rows: readonly Readonly<Record<string, string | number | undefined>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const field = (value: string | number | undefined) => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => columns.map((column) => field(row[column])).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}
