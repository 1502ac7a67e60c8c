import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { SiteFooter } from '@/components/ui/site-footer';
import { SiteHeader } from '@/components/ui/site-header';
import { themeScript } from '@/components/ui/theme';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Twinhull: a real machine and a real container, measured', template: '%s · Twinhull' },
  description:
    'Boot a real Linux machine beside a real container in your browser and measure what separates them. No install, no login, no server.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f6' },
    { media: '(prefers-color-scheme: dark)', color: '#101216' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    // The theme script may set data-theme before React takes over.
    <html lang="en" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body className="flex min-h-dvh flex-col antialiased">
        <a
          href="#main"
          className="absolute -top-20 left-2 z-50 rounded bg-ink px-3 py-2 text-paper focus:top-2"
        >
          Skip to the content
        </a>
        <SiteHeader />
        <main id="main" className="mx-auto w-full max-w-6xl flex-1 px-4 py-6">
          {children}
        </main>
        <SiteFooter />
      </body>
    </html>
  );
}
