import { failures } from './failures';
import { type DeviceTotals, instrumentExports, instrumentImports } from './instrumentation';
import type { OwnTime, Platform } from './platform';
import type { ShareDevice } from './share/device';
import type { V86, V86Imports, V86Machine, V86Module } from './v86-surface';

export interface EmulatorParts {
  module: V86Module;
  wasm: WebAssembly.Module;
  bios: Uint8Array<ArrayBuffer>;
  vgaBios: Uint8Array<ArrayBuffer>;
  /** Absent when a snapshot follows, which holds what became of them. */
  boot?: { kernel: Uint8Array<ArrayBuffer>; root: Uint8Array<ArrayBuffer>; commandLine: string };
  memoryBytes: number;
  /** Files for the guest that are fetched when it reads them. */
  share?: ShareDevice | undefined;
}

/** The guest draws no graphics: less to allocate and to keep in a snapshot than v86's 8 MiB. */
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
      ...(parts.boot && {
        bzimage: { buffer: parts.boot.kernel.buffer },
        initrd: { buffer: parts.boot.root.buffer },
      }),
      cmdline: parts.boot?.commandLine ?? '',
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
      if (platform.ownTime) giveOwnTime(v86, platform.ownTime);
      resolve(v86);
    });
  });
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
