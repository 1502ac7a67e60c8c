import type { FleetParts } from '@/lib/fleet/fleet';
import type { StartParts } from '@/lib/fleet/start-machine';
import type { GatewaySettings } from '@/lib/wire/gateway/settings';

/** What this site's pages start machines with; loaded when the first one starts. */
export async function pageParts(): Promise<StartParts> {
  const { browserParts } = await import('@/lib/fleet/browser-parts');
  return browserParts(assetsUrl());
}

/** What this site's pages start several machines with, on a wire. */
export async function pageFleet(): Promise<FleetParts> {
  const { browserFleet } = await import('@/lib/fleet/browser-fleet');
  // https://www.w3.org/TR/device-memory/: gibibytes, rounded. Only Chromium tells, and only on secure origins.
  const { deviceMemory, hardwareConcurrency } = navigator as Navigator & { deviceMemory?: number };
  return browserFleet(assetsUrl(), pageGateway(), {
    memoryBytes: deviceMemory === undefined ? undefined : deviceMemory * 2 ** 30,
    cores: hardwareConcurrency || undefined,
  });
}

function assetsUrl(): string {
  return `${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/machine/`;
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
