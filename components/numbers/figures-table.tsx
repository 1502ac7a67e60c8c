const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

export interface FigureRow {
  name: string;
  unit: string;
  median: number;
  min: number;
  max: number;
  n: number;
}

export function FiguresTable({ label, rows }: { label: string; rows: readonly FigureRow[] }) {
  return (
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full min-w-[36rem] text-sm">
        <thead className="text-left text-xs text-muted">
          <tr className="border-b border-line">
            <th scope="col" className="py-1 font-normal">
              Figure
            </th>
            {['Median', 'Minimum', 'Maximum', 'Unit', 'Samples'].map((title) => (
              <th key={title} scope="col" className="py-1 pl-3 text-right font-normal">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="tabular-nums">
          {rows.map((row) => (
            <tr key={row.name} className="border-b border-line/60">
              <th scope="row" className="py-1 text-left font-normal">
                {row.name}
              </th>
              <td className="py-1 pl-3 text-right font-medium">{figure.format(row.median)}</td>
              <td className="py-1 pl-3 text-right">{figure.format(row.min)}</td>
              <td className="py-1 pl-3 text-right">{figure.format(row.max)}</td>
              <td className="py-1 pl-3 text-right">{row.unit}</td>
              <td className="py-1 pl-3 text-right">{row.n}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
