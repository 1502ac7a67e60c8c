import { StartButton } from '../machine/start-button';
import type { Start } from './bench';

/** Bytes that each way to start downloads. */
export interface StartSizes {
  prebuilt: number;
  cold: number;
}

/** In the place of the screen while the machine is off. */
export function StartPanel({
  sizes,
  isBusy,
  onStart,
}: {
  sizes: StartSizes;
  isBusy: boolean;
  onStart: (start: Start) => void;
}) {
  return (
    <div className="flex min-h-[28rem] flex-col items-start justify-center rounded-md border border-line bg-sunken p-6">
      <div className="flex flex-wrap gap-2">
        <StartButton
          look="primary"
          label="Power on"
          bytes={sizes.prebuilt}
          disabled={isBusy}
          onClick={() => onStart({ type: 'prebuilt' })}
        />
        <StartButton
          label="Boot cold"
          bytes={sizes.cold}
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
    </div>
  );
}
