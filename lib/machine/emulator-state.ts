import { HullError, messageOf } from '../base/hull-error';
import { failures } from './failures';
import { type SnapshotHeader, type SnapshotParts, bitmapBytes, pageBytes } from './snapshot-file';
import { type MemoryRun, type PayloadReader, pageRuns } from './snapshot-payload';
import type { V86, V86Cpu } from './v86-surface';

/** Below 1 MiB a new machine already holds its firmware; everywhere else its memory is zero. */
const firmwareEnd = 1 << 20;

/**
 * Memory and the rest of a machine that stands still. v86 would copy memory into its own format and back, and clear
 * all of it first; memory goes past it here, which a restore is twice as fast with.
 */
export async function saveState(v86: V86): Promise<Omit<SnapshotParts, 'console'>> {
  const { cpu } = v86.v86;
  const memory = guestMemory(cpu);
  const bitmap = new Uint8Array(bitmapBytes({ memoryBytes: memory.length }));
  const kept: number[] = [];
  for (let address = 0; address < memory.length; address += pageBytes) {
    if (cpu.is_memory_zeroed(address, pageBytes)) continue;
    const page = address / pageBytes;
    bitmap[page >> 3] = (bitmap[page >> 3] ?? 0) | (1 << (page & 7));
    kept.push(address);
  }
  const pages = new Uint8Array(kept.length * pageBytes);
  kept.forEach((address, index) =>
    pages.set(memory.subarray(address, address + pageBytes), index * pageBytes),
  );
  cpu.pack_memory = () => ({
    packed_memory: new Uint8Array(0),
    bitmap: { get_buffer: () => new ArrayBuffer(0) },
  });
  return { bitmap, pages, state: new Uint8Array(await v86.save_state()) };
}

/** Into a new machine that has not run. Resolves with the memory that was filled: everything else is zero. */
export async function loadState(
  v86: V86,
  header: SnapshotHeader,
  payload: PayloadReader,
): Promise<MemoryRun[]> {
  const { cpu } = v86.v86;
  const runs = pageRuns(await payload.take(bitmapBytes(header)), header);
  const state = await payload.take(header.stateBytes);
  cpu.unpack_memory = () => {};
  try {
    await v86.restore_state(state.buffer);
  } catch (cause) {
    if (cause instanceof HullError) throw cause;
    throw failures.snapshotDamaged(`the emulator refuses it: ${messageOf(cause)}`, cause);
  }
  const memory = guestMemory(cpu);
  memory.fill(0, 0, firmwareEnd);
  for (const { address, length } of runs) await payload.takeInto(memory.subarray(address, address + length));
  await payload.end();
  return runs;
}

/** v86's own view is a proxy that follows a growing WebAssembly memory; nothing grows while this one is used. */
function guestMemory(cpu: V86Cpu): Uint8Array {
  const { buffer, byteOffset, length } = cpu.mem8;
  return new Uint8Array(buffer, byteOffset, length);
}
