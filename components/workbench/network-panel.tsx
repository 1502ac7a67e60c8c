'use client';

import { type ComponentType, useEffect, useState } from 'react';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';
import { benchFailures } from './bench-failures';
import type { Benches } from './benches';
import type { NetworkView, NetworkViewProps } from './network-views';

type Loading =
  | { type: 'loading' }
  /** In an object, because React calls functions that it is given as a state. */
  | { type: 'loaded'; View: ComponentType<NetworkViewProps> }
  | { type: 'failed'; error: unknown };

/** A view of the network, once there are both. */
export function NetworkPanel({
  benches,
  view,
  isShown,
  onShell,
}: {
  benches: Benches;
  view: NetworkView;
  isShown: boolean;
  onShell: NetworkViewProps['onShell'];
}) {
  const network = useStore(benches.network);
  const wanted = useStore(benches.wanted);
  const [loading, setLoading] = useState<Loading>({ type: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let isGone = false;
    const settle = (outcome: Loading) => {
      if (!isGone) setLoading(outcome);
    };
    view.load().then(
      (View) => settle({ type: 'loaded', View }),
      (cause: unknown) => settle({ type: 'failed', error: benchFailures.notLoaded(cause) }),
    );
    return () => {
      isGone = true;
    };
  }, [view, attempt]);

  if (network.type === 'failed')
    return (
      <FailureNotice failure={network.error}>
        <Button look="primary" onClick={() => void benches.openNetwork()}>
          Start the network again
        </Button>
      </FailureNotice>
    );
  if (loading.type === 'failed')
    return (
      <FailureNotice failure={loading.error}>
        <Button look="primary" onClick={() => setAttempt(attempt + 1)}>
          Load it again
        </Button>
      </FailureNotice>
    );
  if (loading.type === 'loading' || network.type !== 'up')
    return (
      <p role="status" className="py-3 text-sm text-muted">
        Laying the wire…
      </p>
    );
  const { View } = loading;
  const {
    id,
    network: { wire, stations },
  } = network;
  return isShown || view.stays ? (
    <View key={id} wire={wire} stations={stations} wanted={wanted} onShell={onShell} />
  ) : null;
}
