import type { Place } from './benches';

/** A label of the DNS (RFC 1123), as short as a list has room for. */
const form = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
/** The gateway has these. */
const reserved = ['gateway', 'registry', 'echo'];

/** Why a machine cannot be called so. */
export function nameProblem(name: string, others: readonly Pick<Place, 'name'>[]): string | undefined {
  if (!form.test(name)) return 'Use small letters, digits and hyphens: host-2';
  if (reserved.includes(name)) return 'The gateway has this name.';
  if (others.some((other) => other.name === name)) return 'Another machine has this name.';
  return undefined;
}
