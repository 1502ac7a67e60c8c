import { assertNever } from '../base/assert-never';
import { failures } from './failures';
import { type DeviceTotals, instrumentExports, instrumentImports } from './instrumentation';
import type { OwnTime, Platform } from './platform';
import type { ShareDevice } from './share/device';
import type { V86, V86Imports, V86Machine, V86Module, V86Options } from './v86-surface';
import { widenTimer } from './wide-timer';

export interface EmulatorParts {
  module: V86Module;
  wasm: WebAssembly.Module;
  bios: Uint8Array<ArrayBuffer>;
  vgaBios: Uint8Array<ArrayBuffer>;
  /** Absent when a snapshot follows, which holds what became of it. */
  boot?: BootParts;
  /** Somebody looks at what the guest draws. */
  hasScreen: boolean;
  memoryBytes: number;
  /** Files for the guest that are fetched when it reads them. */
  share?: ShareDevice | undefined;
}

export type BootParts =
  | {
      type: 'kernel';
      kernel: Uint8Array<ArrayBuffer>;
      root?: Uint8Array<ArrayBuffer>;
      commandLine: string;
    }
  | { type: 'floppy'; image: Uint8Array<ArrayBuffer> };

/** Guests draw text, no graphics: less to allocate and to keep in a snapshot than v86's 8 MiB. */
const videoMemoryBytes = 1024 * 1024;

/** Makes v86 and waits until it is loaded. It stands still. */
export function startV86(
  parts: EmulatorParts,
  platform: Platform,
  totals: DeviceTotals,
  onKernelEntered: () => void,
): Promise<V86> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(failures.outOfMemory(parts.memoryBytes, cause));
    const Started = withReportedInit(parts.module, fail);
    const v86 = new Started({
      wasm_fn: async (imports) => {
        instrumentImports(imports, totals, onKernelEntered);
        handInTimeAndRandomness(imports, platform);
        return WebAssembly.instantiate(parts.wasm, imports).then(
          (instance) => instrumentExports(instance.exports, totals),
          // v86 would lose the rejection; without an answer it does nothing more.
          (cause: unknown) => {
            fail(cause);
            return new Promise<never>(() => {});
          },
        );
      },
      memory_size: parts.memoryBytes,
      vga_memory_size: videoMemoryBytes,
      bios: { buffer: parts.bios.buffer },
      vga_bios: { buffer: parts.vgaBios.buffer },
      ...(parts.boot && bootOptions(parts.boot)),
      // As lines of text with ANSI colours: there is no canvas where machines run.
      ...(parts.hasScreen && { screen: { ansi: true } }),
      // With ACPI off the guest uses the PIC and the PIT: fewer instructions in the boot, and interrupts can be counted.
      acpi: false,
      // The machine has a card of its own (network-card.ts).
      net_device: { type: 'none' },
      ...(parts.share && { filesystem: { handle9p: parts.share.handle } }),
      virtio_console: true,
      disable_jit: platform.ownTime !== undefined,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      autostart: false,
    });
    v86.add_listener('emulator-loaded', () => {
      const { virtio_9p } = v86.v86.cpu.devices;
      if (virtio_9p) parts.share?.attachTo(virtio_9p);
      if (parts.hasScreen) prepareForOthers(v86);
      widenTimer(v86.v86.cpu);
      if (platform.ownTime) giveOwnTime(v86, platform.ownTime);
      resolve(v86);
    });
  });
}

/** CR4.PSE (Intel SDM volume 3, 2.5) */
const pageSizeExtensions = 1 << 4;

/** What guests that are no Linux of ours, and their screen, need of v86. */
function prepareForOthers(v86: V86): void {
  const { cpu } = v86.v86;
  // With PAE a processor takes large pages whatever this bit says; v86 does not, and Memtest86+ leaves the bit as it was.
  cpu.cr[4] = (cpu.cr[4] ?? 0) | pageSizeExtensions;
  // v86's restore calls it on every kind of screen, and this one has nothing to clear.
  v86.screen_adapter.clear_text_state ??= () => {};
}

function bootOptions(boot: BootParts): Pick<V86Options, 'bzimage' | 'initrd' | 'cmdline' | 'fda'> {
  switch (boot.type) {
    case 'kernel':
      return {
        bzimage: { buffer: boot.kernel.buffer },
        ...(boot.root && { initrd: { buffer: boot.root.buffer } }),
        cmdline: boot.commandLine,
      };
    case 'floppy':
      return { fda: { buffer: boot.image.buffer } };
    default:
      return assertNever(boot);
  }
}

/** v86 allocates the guest's memory in a timer of its own, where an exception would reach nobody. */
function withReportedInit({ V86: Base }: V86Module, fail: (cause: unknown) => void): V86Module['V86'] {
  return class extends Base {
    override async continue_init(machine: V86Machine, options: unknown): Promise<void> {
      const init = machine.init.bind(machine);
      machine.init = (settings) => {
        try {
          init(settings);
        } catch (cause) {
          fail(cause);
          throw cause;
        }
      };
      return super.continue_init(machine, options).catch(fail);
    }
  };
}

function handInTimeAndRandomness({ env }: V86Imports, platform: Platform): void {
  if (platform.ownTime) env.microtick = () => platform.ownTime?.microtick() ?? 0;
  const word = new Int32Array(1);
  const bytes = new Uint8Array(word.buffer);
  env.get_rand_int = () => {
    platform.fillRandom(bytes);
    return word[0] ?? 0;
  };
}

/** v86's devices read the clock from a static of their class, and the battery clock reads `Date`. */
function giveOwnTime(v86: V86, time: OwnTime): void {
  const { cpu } = v86.v86;
  v86.v86.constructor.microtick = () => time.microtick();
  cpu.devices.rtc.rtc_time = time.battery;
  cpu.devices.rtc.last_update = time.battery;
  cpu.devices.rtc.timer = () => 100;
  time.follow(() => v86.get_instruction_counter());
}
