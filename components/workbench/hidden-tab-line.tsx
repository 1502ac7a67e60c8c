'use client';

import type { HiddenTab } from '@/lib/fleet/hidden-tab';
import { formatMs } from '../ui/format';
import { useStore } from '../ui/use-store';

/** Says that machines were paused because nobody saw the tab, and lets them run on next time. */
export function HiddenTabLine({ hiddenTab }: { hiddenTab: HiddenTab }) {
  const pause = useStore(hiddenTab.pause);
  const runsOn = useStore(hiddenTab.runsOn);
  return (
    <div className="text-sm text-muted">
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          className="accent-ink"
          checked={runsOn}
          onChange={(event) => hiddenTab.runsOn.set(event.currentTarget.checked)}
        />
        Run on in a hidden tab
      </label>
      <p role="status">
        {pause.type === 'paused' ? 'Paused: this tab is hidden.' : null}
        {pause.type === 'over' ? `Was paused for ${formatMs(pause.lastedMs)}: the tab was hidden.` : null}
      </p>
    </div>
  );
}
