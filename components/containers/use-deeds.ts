import { useState } from 'react';

/** What is being done, was done or failed in one section. */
export interface Deeds {
  /** The object that something is being done to, and what: "Stopping web…". */
  doing: { id: string; text: string } | undefined;
  /** The sentence of the last one that went well. */
  done: string;
  failure: unknown;
  /** Runs one deed at a time; resolves with whether it went well. */
  attempt(deed: Deed): Promise<boolean>;
  forgetFailure(): void;
}

export interface Deed {
  id: string;
  /** "Stopping web…" */
  doing: string;
  /** "web has ended." */
  done: string;
  run(): Promise<unknown>;
}

export function useDeeds(signal: AbortSignal): Deeds {
  const [doing, setDoing] = useState<Deeds['doing']>();
  const [done, setDone] = useState('');
  const [failure, setFailure] = useState<unknown>();
  return {
    doing,
    done,
    failure,
    async attempt(deed) {
      setDoing({ id: deed.id, text: deed.doing });
      setFailure(undefined);
      try {
        await deed.run();
        setDone(deed.done);
        return true;
      } catch (cause) {
        // The machine went, and with it this view.
        if (!signal.aborted) setFailure(cause);
        return false;
      } finally {
        setDoing(undefined);
      }
    },
    forgetFailure: () => setFailure(undefined),
  };
}
