import type { ShareActivity } from '@/lib/machine/machine';

/** What the guest waits for: files of /usr/share/twinhull that it reads for the first time. Keeps its place when empty. */
export function ShareLine({ share }: { share: ShareActivity }) {
  const names = share.fetching.map((path) => path.slice(path.lastIndexOf('/') + 1));
  return (
    <p role="status" className="min-h-5 truncate text-sm text-muted">
      {names.length > 0 ? `Fetching ${names.join(', ')}` : null}
    </p>
  );
}
