import { useCallback, useSyncExternalStore } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';

/** The current value of a store; the component renders anew when it changes. */
export function useStore<T>(store: ReadonlyStore<T>): T {
  const subscribe = useCallback(
    (listener: () => void) => {
      const subscription = store.subscribe(listener);
      return () => subscription.dispose();
    },
    [store],
  );
  const read = useCallback(() => store.get(), [store]);
  return useSyncExternalStore(subscribe, read, read);
}
