import { formatBytes, formatInstructions, formatMs } from '@/components/ui/format';
import { KindMark } from '@/components/ui/kind-mark';
import { type Lane, type RaceSample, lanes } from '@/lib/experiments/race-sample';
import { spreadOf } from '@/lib/experiments/statistics';

interface Measure {
  name: string;
  of(sample: RaceSample): number;
  format(value: number): string;
}

const measures: readonly Measure[] = [
  { name: 'Time to ready', of: (sample) => sample.readyMs, format: formatMs },
  { name: 'Instructions', of: (sample) => sample.instructions, format: formatInstructions },
  { name: 'Memory', of: (sample) => sample.memoryBytes, format: formatBytes },
  { name: 'Loaded', of: (sample) => sample.loadedBytes, format: formatBytes },
];

/** Every sample as a dot, and the table of what they come to. */
export function Spread({ samples }: { samples: readonly RaceSample[] }) {
  const runs = new Set(samples.map((sample) => sample.run)).size;
  const end = Math.max(1, ...samples.map((sample) => sample.readyMs)) * 1.03;
  return (
    <section aria-labelledby="spread-title" className="space-y-4">
      <h2 id="spread-title" className="text-xl font-semibold tracking-tight">
        {runs === 1 ? 'One run' : `${runs} runs`}
      </h2>
      <div aria-hidden className="space-y-1">
        {lanes.map((lane) => (
          <DotRow
            key={lane}
            lane={lane}
            end={end}
            values={valuesOf(samples, lane, (sample) => sample.readyMs)}
          />
        ))}
        <div className="ml-6 flex justify-between text-xs text-muted tabular-nums">
          <span>0</span>
          <span>{formatMs(end)}</span>
        </div>
      </div>
      <div className="overflow-x-auto" role="region" aria-label="All runs together" tabIndex={0}>
        <table className="w-full text-sm">
          <thead className="text-left text-xs text-muted">
            <tr className="border-b border-line">
              {['', '', 'Minimum', 'Median', 'Maximum', 'Samples'].map((title, index) => (
                <th
                  key={index}
                  scope="col"
                  className={`py-1 font-normal ${index > 1 ? 'text-right' : ''} ${index === 5 ? 'max-sm:sr-only' : ''}`}
                >
                  {title === '' ? <span className="sr-only">{index === 0 ? 'Measure' : 'Lane'}</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="tabular-nums">
            {measures.flatMap((measure) =>
              lanes.map((lane) => {
                const spread = spreadOf(valuesOf(samples, lane, (sample) => measure.of(sample)));
                return (
                  <tr key={`${measure.name} ${lane}`} className="border-b border-line/60">
                    <th scope="row" className="py-1 text-left font-normal">
                      {measure.name}
                    </th>
                    <td className="py-1">
                      <span className="inline-flex items-center gap-1.5">
                        <KindMark kind={lane} />
                        <span className="max-sm:sr-only">{lane}</span>
                      </span>
                    </td>
                    <td className="py-1 text-right">{spread ? measure.format(spread.min) : '–'}</td>
                    <td className="py-1 text-right font-medium">
                      {spread ? measure.format(spread.median) : '–'}
                    </td>
                    <td className="py-1 text-right">{spread ? measure.format(spread.max) : '–'}</td>
                    {/* On a narrow page the heading says how many there were. */}
                    <td className="py-1 text-right max-sm:sr-only">{spread?.n ?? 0}</td>
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function DotRow({ lane, values, end }: { lane: Lane; values: readonly number[]; end: number }) {
  const colour = lane === 'machine' ? 'bg-machine' : 'rounded-full bg-container';
  const median = spreadOf(values)?.median;
  return (
    <div className="flex items-center gap-2">
      <KindMark kind={lane} />
      <div className="relative h-6 flex-1 border-b border-line">
        {values.map((value, index) => (
          <span
            key={index}
            className={`absolute top-1.5 -ml-1.5 size-3 opacity-55 ${colour}`}
            style={{ left: `${(100 * value) / end}%` }}
          />
        ))}
        {median === undefined ? null : (
          <span
            className="absolute top-0 h-6 border-l-2 border-ink"
            style={{ left: `${(100 * median) / end}%` }}
          />
        )}
      </div>
    </div>
  );
}

function valuesOf(samples: readonly RaceSample[], lane: Lane, of: (sample: RaceSample) => number): number[] {
  return samples.filter((sample) => sample.lane === lane).map(of);
}
