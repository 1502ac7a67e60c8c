import { StartButton } from '../machine/start-button';
import type { Start } from './bench';
import type { BenchKind } from './bench-kind';

/** Bytes that each way to start downloads. */
export interface StartSizes {
  /** Only where there is a prebuilt snapshot. */
  prebuilt?: number;
  cold: number;
}

/** In the place of the screen while the machine is off. */
export function StartPanel({
  kind,
  sizes,
  isBusy,
  onStart,
}: {
  kind: BenchKind;
  sizes: StartSizes;
  isBusy: boolean;
  onStart: (start: Start) => void;
}) {
  return (
    <div className="flex min-h-[28rem] flex-col items-start justify-center rounded-md border border-line bg-sunken p-6">
      {sizes.prebuilt === undefined ? (
        <>
          <StartButton
            look="primary"
            label="Power on"
            bytes={sizes.cold}
            disabled={isBusy}
            onClick={() => onStart({ type: 'cold' })}
          />
          <p className="mt-4 max-w-prose text-sm text-muted">{kind.text}</p>
        </>
      ) : (
        <WithSnapshot prebuilt={sizes.prebuilt} cold={sizes.cold} isBusy={isBusy} onStart={onStart} />
      )}
    </div>
  );
}

function WithSnapshot({
  prebuilt,
  cold,
  isBusy,
  onStart,
}: Required<StartSizes> & { isBusy: boolean; onStart: (start: Start) => void }) {
  return (
    <>
      <div className="flex flex-wrap gap-2">
        <StartButton
          look="primary"
          label="Power on"
          bytes={prebuilt}
          disabled={isBusy}
          onClick={() => onStart({ type: 'prebuilt' })}
        />
        <StartButton
          label="Boot cold"
          bytes={cold}
          disabled={isBusy}
          onClick={() => onStart({ type: 'cold' })}
        />
      </div>
      <div className="mt-4 max-w-prose space-y-2 text-sm text-muted">
        <p>
          <strong className="font-medium text-ink">Power on</strong> continues from a snapshot that was taken
          when the site was built, just after this machine had booted.
        </p>
        <p>
          <strong className="font-medium text-ink">Boot cold</strong> goes through the whole boot here, and
          shows every message of the kernel.
        </p>
      </div>
    </>
  );
}
