import type { Reference } from '@/lib/experiments/reference';

const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

/** Figures of another computer, marked as such. */
export function ReferenceFigures({ reference: { results, environment } }: { reference: Reference }) {
  if (results.length === 0) return <p className="text-muted">No reference results have been recorded yet.</p>;
  const date = new Date(environment.takenAt).toISOString().slice(0, 10);
  return (
    <>
      <p>
        Taken on {date}, on {environment.cpu} with {environment.cores} cores, Node {environment.node},
        Chromium {environment.chromium}. They say how fast Twinhull was there; yours are measured on the other
        pages.
      </p>
      <div className="overflow-x-auto" role="region" aria-label="Reference results" tabIndex={0}>
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
            {results.map((row) => (
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
    </>
  );
}
