import { z } from 'zod';
import { HullError } from '../base/hull-error';
import type { MachineProfile } from '../machine/machine';
import { gatewaySettingsSchema } from '../wire/gateway/settings';
import { linkSettingsSchema } from '../wire/link/link-settings';
import { portSettingsSchema } from '../wire/switch/port-settings';
import { host, olderHost, profiles } from './profiles';

const MiB = 1024 * 1024;

/** A machine's name is its host name and the first part of NAME.twinhull, so it is a label of the DNS (RFC 1123). */
const hostName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    'must be 1 to 32 small letters, digits and hyphens, as in “host-1”',
  )
  .refine((name) => !reservedNames.has(name), 'is a name that the gateway has');
const reservedNames = new Set(['gateway', 'registry', 'echo']);

const wireName = z.string().min(1).max(64);
const directionChange = linkSettingsSchema.exactPartial().exactOptional();
const link = z.strictObject({ in: directionChange, out: directionChange }).exactOptional();
const portSettings = portSettingsSchema.exactPartial().exactOptional();

const file = z.strictObject({
  path: z.string().regex(/^\/./, 'must begin with /'),
  text: z.string(),
  /** As in chmod(1), 0644 unless given. */
  mode: z.int().min(0).max(0o7777).exactOptional(),
});

const image = z.discriminatedUnion('type', [
  /** From a registry on the wire, or where the wire leads. */
  z.strictObject({ type: z.literal('pull'), image: z.string().min(1) }),
  /** From an archive in the guest, as `docker save` writes it. */
  z.strictObject({ type: z.literal('load'), path: z.string().regex(/^\/./, 'must begin with /') }),
]);

const profileName = z.string().refine((name) => profiles.some((each) => each.name === name), {
  message: `must be one of ${profiles.map(({ name }) => name).join(', ')}`,
});

const machineSchema = z.strictObject({
  name: hostName,
  /** Of `profiles`; a host unless given. */
  profile: profileName.default(host.name),
  /** The profile's unless given. */
  memoryMiB: z.int().min(16).max(1024).exactOptional(),
  /** Only a host with the memory of its profile has a snapshot, and starts from it unless told otherwise. */
  from: z.enum(['snapshot', 'cold']).exactOptional(),
  /** Where its card is plugged in; into the first switch unless given. `null`: nowhere. */
  port: z
    .strictObject({
      switch: wireName.exactOptional(),
      /** The machine's name unless given. */
      name: wireName.exactOptional(),
      settings: portSettings,
      link,
    })
    .nullable()
    .exactOptional(),
  /** Written before it joins the wire, in this order. */
  files: z.array(file).max(1000).exactOptional(),
  /** Got after it has joined the wire, in this order. */
  images: z.array(image).max(100).exactOptional(),
});
export type MachineDescription = z.input<typeof machineSchema>;

const trunkEnd = z.strictObject({ switch: wireName, port: wireName, settings: portSettings });

const labSchema = z.strictObject({
  switches: z
    .array(z.strictObject({ name: wireName, ageMs: z.number().min(0).exactOptional() }))
    .min(1)
    .max(16)
    .default([{ name: 'switch' }]),
  /** Cables between switches. `link` is seen from `one`. */
  trunks: z
    .array(z.strictObject({ one: trunkEnd, other: trunkEnd, link }))
    .max(64)
    .default([]),
  machines: z.array(machineSchema).max(64).default([]),
  /** At the first switch unless given; its port is called `gateway`. Left out, there is none. */
  gateway: z
    .strictObject({ switch: wireName.exactOptional(), settings: gatewaySettingsSchema.exactOptional() })
    .exactOptional(),
});
/** A lab's machines and wire, as somebody writes them down. */
export type LabDescription = z.input<typeof labSchema>;
/** The same, checked, with what was left out filled in where that does not depend on the rest. */
export type Lab = z.output<typeof labSchema>;
export type LabMachine = z.output<typeof machineSchema>;

export const gatewayPort = 'gateway';

/** @throws HullError `bad-lab`, with each thing that is wrong and where */
export function readLab(description: unknown): Lab {
  const { data, error } = labSchema.safeParse(description);
  const wrong = data
    ? inconsistencies(data)
    : error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
  if (!data || wrong.length > 0) throw badLab(wrong);
  return data;
}

/** A machine that comes later. @throws as `readLab` */
export function readMachine(description: unknown): LabMachine {
  const { machines } = readLab({ machines: [description] });
  const [machine] = machines;
  if (!machine) throw badLab(['there is no machine']);
  return machine;
}

/** The profile with the memory that is asked for. */
export function profileOf({ profile: name, memoryMiB }: LabMachine): MachineProfile {
  const profile = profiles.find((each) => each.name === name) ?? host;
  return memoryMiB === undefined ? profile : { ...profile, memoryBytes: memoryMiB * MiB };
}

export function startOf(machine: LabMachine): 'snapshot' | 'cold' {
  return machine.from ?? (hasSnapshot(machine) ? 'snapshot' : 'cold');
}

/** Guests without the agent have no shell, no files that could be written, and nobody who would ask for an address. */
export function hasAgent({ ready }: MachineProfile): boolean {
  return ready.type !== 'screen';
}

function hasEngine({ profile }: LabMachine): boolean {
  return profile === host.name || profile === olderHost.name;
}

function hasSnapshot(machine: LabMachine): boolean {
  return machine.profile === host.name && profileOf(machine).memoryBytes === host.memoryBytes;
}

/** What the shape alone does not tell. */
function inconsistencies({ switches, trunks, machines, gateway }: Lab): string[] {
  const wrong: string[] = [];
  const known = new Set(switches.map(({ name }) => name));
  const requireSwitch = (name: string | undefined, where: string) => {
    if (name !== undefined && !known.has(name)) wrong.push(`${where}: there is no switch “${name}”`);
  };
  for (const name of repeated(switches.map(({ name }) => name)))
    wrong.push(`two switches are called “${name}”`);
  for (const name of repeated(machines.map(({ name }) => name)))
    wrong.push(`two machines are called “${name}”`);
  for (const [index, { one, other }] of trunks.entries()) {
    requireSwitch(one.switch, `trunks.${index}.one`);
    requireSwitch(other.switch, `trunks.${index}.other`);
  }
  requireSwitch(gateway?.switch, 'gateway');
  const ports = [
    ...(gateway ? [gatewayPort] : []),
    ...trunks.flatMap(({ one, other }) => [one.port, other.port]),
    ...machines.flatMap((machine) => (machine.port === null ? [] : [machine.port?.name ?? machine.name])),
  ];
  for (const name of repeated(ports)) wrong.push(`two ports are called “${name}”`);
  for (const machine of machines) {
    const { name, port, files = [], images = [] } = machine;
    requireSwitch(port?.switch, `machine “${name}”`);
    if (machine.from === 'snapshot' && !hasSnapshot(machine))
      wrong.push(
        `machine “${name}”: only a host with ${host.memoryBytes / MiB} MiB starts from a snapshot, so leave \`from\` out`,
      );
    if (!hasAgent(profileOf(machine)) && (port || files.length > 0 || images.length > 0))
      wrong.push(`machine “${name}”: a guest that is no Linux takes no port, no files and no images`);
    if (!hasEngine(machine) && images.length > 0)
      wrong.push(`machine “${name}”: only a host has an engine that takes images`);
  }
  return wrong;
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function badLab(wrong: readonly string[]): HullError<'bad-lab'> {
  const shown = wrong.slice(0, 5).join('; ');
  return new HullError(
    'bad-lab',
    `This lab cannot be set up: ${shown}${wrong.length > 5 ? `; and ${wrong.length - 5} more` : ''}.`,
    'Correct the description and try again.',
  );
}
