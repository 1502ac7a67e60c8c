import { useEffect, useRef, useState } from 'react';

/** One change of the network at a time, what it is, and why the last one failed. */
export interface Change {
  isBusy: boolean;
  failure: unknown;
  /** Resolves when it is over, however it went. */
  attempt(run: () => Promise<unknown>): Promise<void>;
  forget(): void;
}

export function useChange(): Change {
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  return {
    isBusy,
    failure,
    async attempt(run) {
      setIsBusy(true);
      setFailure(undefined);
      try {
        await run();
      } catch (cause) {
        if (!isGone.current) setFailure(cause);
      } finally {
        if (!isGone.current) setIsBusy(false);
      }
    },
    forget: () => setFailure(undefined),
  };
}
