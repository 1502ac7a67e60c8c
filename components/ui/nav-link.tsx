'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

export function NavLink({ href, children }: { href: string; children: ReactNode }) {
  const current = usePathname() === href;
  return (
    <Link
      href={href}
      // Pages are small and static; fetching them all beforehand would double what the first page loads.
      prefetch={false}
      aria-current={current ? 'page' : undefined}
      className="px-1 py-2 text-[0.8125rem] text-muted decoration-2 underline-offset-8 hover:text-ink aria-[current]:font-medium aria-[current]:text-ink aria-[current]:underline sm:px-2 sm:text-sm"
    >
      {children}
    </Link>
  );
}
