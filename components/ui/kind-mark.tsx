export type Kind = 'machine' | 'container';

/** The one shape of each kind, everywhere: a machine is a square, a container a circle; hollow when it does not run. */
export function KindMark({
  kind,
  isHollow = false,
  className = '',
}: {
  kind: Kind;
  isHollow?: boolean;
  className?: string;
}) {
  const colour = kind === 'machine' ? 'text-machine' : 'text-container';
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden
      fill={isHollow ? 'none' : 'currentColor'}
      stroke="currentColor"
      strokeWidth={isHollow ? 2 : 0}
      className={`inline-block size-[0.85em] shrink-0 ${colour} ${className}`}
    >
      {kind === 'machine' ? (
        <rect x="1.5" y="1.5" width="13" height="13" />
      ) : (
        <circle cx="8" cy="8" r={isHollow ? 6 : 7} />
      )}
    </svg>
  );
}
