import { createBrowserWire } from '../wire/browser-wire';
import type { GatewaySettings } from '../wire/gateway/settings';
import { browserParts } from './browser-parts';
import { budgetOf, type Device } from './budget';
import type { FleetParts } from './fleet';

/**
 * What a page starts fleets with.
 * @param assetsUrl as for `browserParts`
 * @param gateway what its gateways lead to
 */
export function browserFleet(assetsUrl: string, gateway: GatewaySettings, device: Device): FleetParts {
  return {
    ...browserParts(assetsUrl),
    createWire: createBrowserWire,
    gateway,
    budget: budgetOf(device),
  };
}
