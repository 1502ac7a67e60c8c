import type { Reference } from '@/lib/experiments/reference';
import { FiguresTable } from './figures-table';

/** Figures of another computer, marked as such. */
export function ReferenceFigures({ reference: { results, environment } }: { reference: Reference }) {
  if (results.length === 0) return <p className="text-muted">No reference results have been recorded yet.</p>;
  const date = new Date(environment.takenAt).toISOString().slice(0, 10);
  return (
    <>
      <p>
        Taken on {date}, on {environment.cpu} with {environment.cores} cores, Node {environment.node},
        Chromium {environment.chromium}. They say how fast Twinhull was there, not here.
      </p>
      <FiguresTable label="Reference results" rows={results} />
    </>
  );
}
