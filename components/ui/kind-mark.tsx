export type Kind = 'machine' | 'container';

/** The one shape of each kind, everywhere: a machine is a square, a container a circle. */
export function KindMark({ kind, className = '' }: { kind: Kind; className?: string }) {
  const colour = kind === 'machine' ? 'text-machine' : 'text-container';
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden
      className={`inline-block size-[0.85em] shrink-0 ${colour} ${className}`}
    >
      {kind === 'machine' ? (
        <rect x="1.5" y="1.5" width="13" height="13" fill="currentColor" />
      ) : (
        <circle cx="8" cy="8" r="7" fill="currentColor" />
      )}
    </svg>
  );
}
