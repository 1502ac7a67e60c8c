import { failures } from './failures';
import { type WireRequest, wireRequestSchema } from './gateway/http/fetch';
import { type GatewaySettings, gatewaySettingsSchema } from './gateway/settings';
import { type LinkSettings, linkSettingsSchema, perfectLink } from './link/link-settings';
import { type PortSettings, portSettingsSchema } from './switch/port-settings';
import type { LinkChange } from './wire';

/** Settings from a lab's description or a form. Throws with the field and what is wrong with it. */
export function readPortSettings(name: string, settings: unknown): PortSettings {
  const { data, error } = portSettingsSchema.safeParse(settings);
  if (!data) throw failures.badSettings(`port “${name}”`, sentenceOf(error.issues));
  return data;
}

/** Both directions of a link: what it is now, or a perfect one, with the change. Throws as above. */
export function readLink(
  name: string,
  change: LinkChange = {},
  before?: { in: LinkSettings; out: LinkSettings },
): { in: LinkSettings; out: LinkSettings } {
  const read = (direction: 'in' | 'out') => {
    const { data, error } = linkSettingsSchema.safeParse({
      ...(before?.[direction] ?? perfectLink),
      ...change[direction],
    });
    if (!data) throw failures.badSettings(`the cable of port “${name}”`, sentenceOf(error.issues));
    return data;
  };
  return { in: read('in'), out: read('out') };
}

/** Throws as above. */
export function readGatewaySettings(port: string, settings: unknown): GatewaySettings {
  const { data, error } = gatewaySettingsSchema.safeParse(settings);
  if (!data) throw failures.badSettings(`the gateway at port “${port}”`, sentenceOf(error.issues));
  return data;
}

/** Throws as above. */
export function readRequest(request: unknown): WireRequest {
  const { data, error } = wireRequestSchema.safeParse(request);
  if (!data) throw failures.badSettings('a request', sentenceOf(error.issues));
  return data;
}

function sentenceOf(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  return issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('; ');
}
