import type { StartParts } from '@/lib/fleet/start-machine';
import type { GatewaySettings } from '@/lib/wire/gateway/settings';

/** What this site's pages start machines with; loaded when the first one starts. */
export async function pageParts(): Promise<StartParts> {
  const { browserParts } = await import('@/lib/fleet/browser-parts');
  return browserParts(`${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/machine/`);
}

/** What this site's gateways lead to: its registry, and the internet where it was built with an uplink (docs/uplink.md). */
export function pageGateway(): GatewaySettings {
  const registry = `${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/registry/`;
  const uplinkUrl = process.env['NEXT_PUBLIC_UPLINK'] ?? '';
  return {
    registryUrl: new URL(registry, location.href).href,
    ...(uplinkUrl !== '' && { uplinkUrl }),
  };
}
