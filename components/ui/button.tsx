import type { ButtonHTMLAttributes } from 'react';

type Look = 'primary' | 'plain' | 'quiet';

const looks: Record<Look, string> = {
  primary: 'bg-ink text-paper hover:opacity-85 border-ink',
  plain: 'bg-surface text-ink border-line hover:border-ink',
  quiet: 'border-transparent text-muted hover:text-ink',
};

export function Button({
  look = 'plain',
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: Look }) {
  return (
    <button
      type="button"
      className={`inline-flex min-h-9 items-center justify-center gap-2 rounded-md border px-3 py-1.5 text-sm font-medium whitespace-nowrap transition-[opacity,border-color] disabled:cursor-not-allowed disabled:opacity-45 ${looks[look]} ${className}`}
      {...rest}
    />
  );
}
