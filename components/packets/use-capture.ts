import { useCallback, useEffect, useRef, useState } from 'react';
import type { HullError } from '@/lib/base/hull-error';
import { toDisposable } from '@/lib/base/lifecycle';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { CapturePoint } from '@/lib/packets/capture-point';
import { CaptureSession, type CaptureState } from '@/lib/packets/capture-session';
import type { LogContent } from '@/lib/packets/packet-log';
import { unixNs } from '@/lib/wire/real-time';
import type { Wire } from '@/lib/wire/wire';
import { useStore } from '../ui/use-store';
import { choiceOf, type ListedPoint } from './list-points';

const nothing: ReadonlyStore<LogContent> = new Store({ packets: [], gone: 0 });
const ended: ReadonlyStore<CaptureState> = new Store({ type: 'ended' });
const noTroubles: ReadonlyStore<readonly HullError[]> = new Store([]);
const noPoints: readonly CapturePoint[] = [];

function after(delayMs: number, run: () => void) {
  const timer = setTimeout(run, delayMs);
  return toDisposable(() => clearTimeout(timer));
}

export interface CaptureView {
  session: CaptureSession | undefined;
  state: CaptureState['type'];
  content: LogContent;
  points: readonly CapturePoint[];
  troubles: readonly HullError[];
  /** Why the last start came to nothing. */
  failure: unknown;
  start(points: readonly ListedPoint[]): void;
  stop(): void;
}

/** The latest capture: it ends with the component, and with the next one; what it has seen stays until then. */
export function useCapture(wire: Wire): CaptureView {
  const [session, setSession] = useState<CaptureSession>();
  const [failure, setFailure] = useState<unknown>();
  const latest = useRef<CaptureSession>(undefined);
  useEffect(() => () => latest.current?.dispose(), [wire]);

  const start = useCallback(
    (points: readonly ListedPoint[]) => {
      latest.current?.dispose();
      setFailure(undefined);
      const next = new CaptureSession({ wire, unixNs, after }, choiceOf(points));
      latest.current = next;
      setSession(next);
      next.start().catch(setFailure);
    },
    [wire],
  );
  const stop = useCallback(() => void latest.current?.stop(), []);
  return {
    session,
    state: useStore(session?.state ?? ended).type,
    content: useStore(session?.log.content ?? nothing),
    points: session?.points ?? noPoints,
    troubles: useStore(session?.troubles ?? noTroubles),
    failure,
    start,
    stop,
  };
}
