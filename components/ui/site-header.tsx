import Link from 'next/link';
import { KindMark } from './kind-mark';
import { NavLink } from './nav-link';
import { ThemeSwitch } from './theme-switch';

const pages = [
  { href: '/', label: 'Race' },
  { href: '/compare/', label: 'Compare' },
  { href: '/drivers/', label: 'Drivers' },
  { href: '/workbench/', label: 'Workbench' },
  { href: '/numbers/', label: 'Numbers' },
] as const;

export function SiteHeader() {
  return (
    <header className="border-b border-line">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2">
        <Link href="/" className="flex items-center gap-1 py-1 text-lg font-semibold tracking-tight">
          <KindMark kind="machine" />
          <KindMark kind="container" className="mr-1" />
          Twinhull
        </Link>
        <nav
          aria-label="Pages"
          className="order-3 -mx-1 flex w-full flex-wrap sm:order-none sm:-mx-2 sm:w-auto"
        >
          {pages.map((page) => (
            <NavLink key={page.href} href={page.href}>
              {page.label}
            </NavLink>
          ))}
        </nav>
        <div className="ml-auto">
          <ThemeSwitch />
        </div>
      </div>
    </header>
  );
}
