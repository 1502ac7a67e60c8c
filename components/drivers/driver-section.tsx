import { type DriverStep, type Finding, promises } from '@/lib/experiments/drivers/proof';
import { FailureNotice } from '../machine/failure-notice';
import { formatMs } from '../ui/format';

/** A driver's promise, and below it what was found. */
export function DriverSection({ step }: { step: DriverStep }) {
  const { text, source } = promises[step.driver];
  const title = `driver-${step.driver}`;
  return (
    <section aria-labelledby={title} className="border-t border-line pt-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 id={title} className="font-mono text-lg font-semibold">
          {step.driver}
        </h2>
        <p className="text-sm text-muted tabular-nums">{statusText(step)}</p>
      </div>
      <p className="mt-1 max-w-prose text-sm text-muted">
        {text}{' '}
        <a href={source} className="whitespace-nowrap underline underline-offset-4 hover:text-ink">
          Docker on {step.driver}
        </a>
      </p>
      {step.type === 'failed' ? (
        <div className="mt-3">
          <FailureNotice failure={step.error} />
        </div>
      ) : null}
      {step.type === 'tried' ? (
        <ul className="mt-3 space-y-2">
          {step.findings.map((finding) => (
            <FindingItem key={finding.sentence} finding={finding} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** The sentence with its verdict; what shows it is behind the triangle, and open where it is frames or where it failed. */
function FindingItem({ finding: { sentence, holds, evidence } }: { finding: Finding }) {
  return (
    <li className="grid grid-cols-[1.25rem_minmax(0,1fr)]">
      <span aria-hidden className={holds ? 'text-good' : 'text-bad'}>
        {holds ? '✓' : '✗'}
      </span>
      <div>
        <p>
          {sentence}{' '}
          <span className={holds ? 'sr-only' : 'font-medium text-bad'}>
            {holds ? 'Holds.' : 'Does not hold.'}
          </span>
        </p>
        <details open={evidence.type !== 'command' || !holds} className="mt-1 text-xs text-muted">
          <summary className="cursor-pointer py-1 font-mono wrap-anywhere">{evidence.place}</summary>
          <pre
            tabIndex={0}
            aria-label={evidence.place}
            role="region"
            className="mt-1 overflow-x-auto rounded bg-sunken p-2 font-mono leading-4"
          >
            {evidence.lines.join('\n')}
          </pre>
        </details>
      </div>
    </li>
  );
}

function statusText(step: DriverStep): string {
  switch (step.type) {
    case 'waiting':
      return 'not tried';
    case 'running':
      return 'being tried …';
    case 'failed':
      return 'could not be tried';
    case 'tried': {
      const held = step.findings.filter(({ holds }) => holds).length;
      return `${held} of ${step.findings.length} hold, in ${formatMs(step.ms)}`;
    }
  }
}
