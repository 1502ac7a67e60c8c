import type { ReactNode } from 'react';

/** What happened and what to do about it. Failures are announced at once, the rest politely. */
export function Notice({
  tone,
  title,
  children,
}: {
  tone: 'failure' | 'info';
  title: string;
  children?: ReactNode;
}) {
  const colours = tone === 'failure' ? 'border-bad bg-bad-soft' : 'border-line bg-sunken';
  return (
    <div
      role={tone === 'failure' ? 'alert' : 'status'}
      className={`rounded-md border-l-4 p-3 text-sm ${colours}`}
    >
      <p className="font-medium">{title}</p>
      {children ? <div className="mt-1 text-ink/85">{children}</div> : null}
    </div>
  );
}
