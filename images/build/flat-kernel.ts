// The setup header: https://docs.kernel.org/arch/x86/boot.html

const setupSectors = 0x1f1;
const systemSize = 0x1f4;
const magic = 0x202;
const code32Start = 0x214;
const relocatableKernel = 0x234;
const payloadOffset = 0x248;
const payloadLength = 0x24c;
const preferredAddress = 0x258;
const initSize = 0x260;

const sector = 512;
/** Where a boot loader puts the part after the setup sectors. */
export const loadAddress = 0x100000;

/**
 * A bzImage whose protected-mode part is the kernel itself instead of a decompressor with the kernel inside: the
 * 16-bit setup code of `bzImage`, then `kernel`, the flat memory image of a vmlinux linked to run at `loadAddress`.
 * @param memoryBytes what the kernel occupies from `loadAddress` on, with the parts that are zero (.bss, .brk)
 */
export function writeFlatKernel(bzImage: Uint8Array, kernel: Uint8Array, memoryBytes: number): Uint8Array {
  const setup = bzImage.slice(0, ((bzImage[setupSectors] || 4) + 1) * sector);
  const paragraphs = Math.ceil(kernel.length / 16);
  const header = new DataView(setup.buffer);
  if (header.getUint32(magic, true) !== 0x53726448) throw new Error('not a bzImage: no HdrS at 0x202');
  header.setUint32(systemSize, paragraphs, true);
  header.setUint32(code32Start, loadAddress, true);
  header.setUint8(relocatableKernel, 0);
  header.setUint32(payloadOffset, 0, true);
  header.setUint32(payloadLength, 0, true);
  header.setBigUint64(preferredAddress, BigInt(loadAddress), true);
  header.setUint32(initSize, memoryBytes, true);
  const image = new Uint8Array(setup.length + paragraphs * 16);
  image.set(setup);
  image.set(kernel, setup.length);
  return image;
}

export interface LoadedMemory {
  /** First byte's physical address. */
  start: number;
  /** Bytes from the file, gaps filled with zeros. */
  image: Uint8Array;
  /** Length in memory, with what is zero. */
  memoryBytes: number;
  entry: number;
}

const elfHeaderBytes = 52;
const loadSegment = 1;

/** The physical memory that an ELF executable for the 80386 asks for: what `objcopy -O binary` does, and its extent. */
export function loadElf32(elf: Uint8Array): LoadedMemory {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  if (elf.length < elfHeaderBytes || view.getUint32(0) !== 0x7f454c46 || view.getUint8(4) !== 1) {
    throw new Error('not a 32-bit ELF file');
  }
  const table = view.getUint32(28, true);
  const entryBytes = view.getUint16(42, true);
  const segments = Array.from({ length: view.getUint16(44, true) }, (_, index) => {
    const at = table + index * entryBytes;
    const field = (offset: number) => view.getUint32(at + offset, true);
    return {
      type: field(0),
      offset: field(4),
      address: field(12),
      fileBytes: field(16),
      memoryBytes: field(20),
    };
  }).filter((segment) => segment.type === loadSegment && segment.memoryBytes > 0);
  if (segments.length === 0) throw new Error('the ELF file has nothing to load');
  const start = Math.min(...segments.map((segment) => segment.address));
  const fileEnd = Math.max(...segments.map((segment) => segment.address + segment.fileBytes));
  const memoryEnd = Math.max(...segments.map((segment) => segment.address + segment.memoryBytes));
  const image = new Uint8Array(fileEnd - start);
  for (const { offset, address, fileBytes } of segments) {
    image.set(elf.subarray(offset, offset + fileBytes), address - start);
  }
  return { start, image, memoryBytes: memoryEnd - start, entry: view.getUint32(24, true) };
}
