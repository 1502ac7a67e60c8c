import type { ByteChannel, Guest, Identity } from '../guest/guest';
import type { Machine, MachineProfile, PowerOn } from '../machine/machine';
import { host, hostSnapshot, web } from './profiles';

/** What starting a machine needs of its surroundings. */
export interface StartParts {
  createMachine(profile: MachineProfile): Machine;
  connectGuest(channel: ByteChannel, options: { signal: AbortSignal }): Promise<Guest>;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Wall clock, nanoseconds since the epoch. */
  unixNs(): bigint;
  fillRandom(bytes: Uint8Array<ArrayBuffer>): void;
}

export interface StartedMachine {
  machine: Machine;
  guest: Guest;
  startedFrom: 'snapshot' | 'cold';
  /** What it took until the guest answered. Instructions are the guest's own since power on. */
  cost: { ms: number; loadedBytes: number; instructions: number };
}

/** The ready host: from the prebuilt snapshot, or booted. Whoever gets it disposes of guest and machine. */
export function startHost(
  parts: StartParts,
  from: 'snapshot' | 'cold',
  signal: AbortSignal = never(),
): Promise<StartedMachine> {
  const how: PowerOn =
    from === 'snapshot' ? { type: 'artifact-snapshot', artifact: hostSnapshot } : { type: 'cold' };
  return start(parts, parts.createMachine(host), how, signal);
}

/** The machine that is nothing but the web service, always booted. */
export function startWeb(parts: StartParts, signal: AbortSignal = never()): Promise<StartedMachine> {
  return bootMachine(parts, web, signal);
}

/** A machine of a profile that has the agent, booted. */
export function bootMachine(
  parts: StartParts,
  profile: MachineProfile,
  signal: AbortSignal = never(),
): Promise<StartedMachine> {
  return start(parts, parts.createMachine(profile), { type: 'cold' }, signal);
}

async function start(
  parts: StartParts,
  machine: Machine,
  how: PowerOn,
  signal: AbortSignal,
): Promise<StartedMachine> {
  const startedAt = parts.now();
  try {
    await machine.powerOn(how, signal);
    const guest = await parts.connectGuest(machine.openAgent(), { signal });
    if (how.type !== 'cold') await repairIdentity(guest, parts);
    const ms = parts.now() - startedAt;
    const { loadedBytes, instructions } = await machine.readCounters();
    return {
      machine,
      guest,
      startedFrom: how.type === 'cold' ? 'cold' : 'snapshot',
      cost: { ms, loadedBytes, instructions },
    };
  } catch (error) {
    machine.dispose();
    throw error;
  }
}

/** 256 bits, which is what the kernel's pool holds. */
const entropyBytes = 32;

/**
 * After any restore: the guest wakes with the randomness, the clock and the address of the moment it was saved, which
 * every other machine restored from the same snapshot has too. The card matters once there is a cable: pass `nic` then.
 */
export async function repairIdentity(
  guest: Guest,
  parts: Pick<StartParts, 'unixNs' | 'fillRandom'>,
  nic?: Identity['nic'],
  hostname?: string,
): Promise<void> {
  const entropy = new Uint8Array(entropyBytes);
  parts.fillRandom(entropy);
  await guest.setIdentity({
    unixNs: parts.unixNs(),
    entropy,
    ...(nic && { nic }),
    ...(hostname !== undefined && { hostname }),
  });
}

/** Locally administered, unicast: second-lowest bit of the first byte set, lowest clear (IEEE 802). */
export function randomMac(parts: Pick<StartParts, 'fillRandom'>): string {
  const bytes = new Uint8Array(6);
  parts.fillRandom(bytes);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function never(): AbortSignal {
  return new AbortController().signal;
}
