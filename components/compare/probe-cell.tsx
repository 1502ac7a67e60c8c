import type { Cell } from '@/lib/experiments/probes/probe';

/** Lines that a cell shows at once; the rest unfolds. */
const shownLines = 4;
/** A line beyond this is cut until it is unfolded. */
const shownCharacters = 160;

/** An answer. Long ones unfold; a missing one says why. */
export function ProbeCell({ cell, changed }: { cell: Cell; changed: boolean }) {
  if (cell.type === 'failure') {
    return <p className="text-xs text-muted italic">No answer: {cell.reason}</p>;
  }
  const { lines } = cell;
  const fits = lines.length <= shownLines && lines.every((line) => line.length <= shownCharacters);
  return (
    <div className={changed ? 'border-l-2 border-ink pl-2' : undefined}>
      {changed ? <p className="text-xs text-muted">changed</p> : null}
      {fits ? (
        <Lines lines={lines} />
      ) : (
        <details className="group">
          <summary className="cursor-pointer list-none">
            <span className="group-open:hidden">
              <Lines lines={lines.slice(0, 2).map((line) => cut(line))} />
            </span>
            <span className="text-xs text-muted underline underline-offset-2 group-open:hidden">
              Show all
            </span>
            <span className="hidden text-xs text-muted underline underline-offset-2 group-open:inline">
              Show less
            </span>
          </summary>
          <Lines lines={lines} />
        </details>
      )}
    </div>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <span className="block font-mono text-xs/5 wrap-anywhere whitespace-pre-wrap tabular-nums">
      {lines.join('\n')}
    </span>
  );
}

function cut(line: string): string {
  return line.length <= shownCharacters ? line : `${line.slice(0, shownCharacters)}…`;
}
