import type { PointPlace } from '@/lib/packets/capture-point';
import { KindMark } from '../ui/kind-mark';

/** Whose a point is: a container's, a machine's, or the switch's, which is neither. */
export function PointMark({ place }: { place: PointPlace }) {
  if (place.type === 'link')
    return (
      <KindMark kind={place.container === undefined ? 'machine' : 'container'} className="translate-y-px" />
    );
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden
      className="inline-block size-[0.85em] shrink-0 translate-y-px text-muted"
    >
      <path d="M1 5h14M1 11h14" stroke="currentColor" strokeWidth="2" />
    </svg>
  );
}
