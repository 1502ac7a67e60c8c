'use client';

import { type ComponentType, useEffect, useState } from 'react';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';
import type { ContainersPanelProps } from './containers-panel';

type Loading =
  { type: 'loading' } | { type: 'loaded'; Panel: ComponentType<ContainersPanelProps> } | { type: 'failed' };

/** Loads the panel, which nobody downloads before the tab is opened. */
export function ContainersTab(props: ContainersPanelProps) {
  const [loading, setLoading] = useState<Loading>({ type: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let isGone = false;
    import('./containers-panel').then(
      (it) => {
        if (!isGone) setLoading({ type: 'loaded', Panel: it.default });
      },
      () => {
        if (!isGone) setLoading({ type: 'failed' });
      },
    );
    return () => {
      isGone = true;
    };
  }, [attempt]);

  switch (loading.type) {
    case 'loaded':
      return <loading.Panel {...props} />;
    case 'loading':
      return (
        <p role="status" className="text-sm text-muted">
          Opening the list…
        </p>
      );
    case 'failed':
      return (
        <Notice tone="failure" title="The list could not be loaded.">
          <p className="mb-2">The containers go on. Check the network and load it again.</p>
          <Button onClick={() => setAttempt(attempt + 1)}>Load it again</Button>
        </Notice>
      );
  }
}
