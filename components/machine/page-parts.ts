import type { StartParts } from '@/lib/fleet/start-machine';

/** What this site's pages start machines with; loaded when the first one starts. */
export async function pageParts(): Promise<StartParts> {
  const { browserParts } = await import('@/lib/fleet/browser-parts');
  return browserParts(`${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/machine/`);
}
