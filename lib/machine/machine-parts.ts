import { Assets, type Unchecked } from './assets';
import { failures } from './failures';
import type { BootMedium, MachineProfile } from './machine';
import type { Platform } from './platform';
import type { BootParts, EmulatorParts } from './v86-start';
import type { V86Module } from './v86-surface';

const emulatorNames = { module: 'v86', wasm: 'v86-wasm', bios: 'bios' } as const;
/** SeaBIOS finds the second one on the card and runs it, which costs instructions that a serial console can do without. */
const vgaBiosNames = { serial: 'vgabios', screen: 'vgabios-std' } as const;

/** Each word about the progress is a message to the page, which has to draw it. */
const progressSteps = 50;

export interface LoadOptions {
  /** A restore needs neither kernel nor root: the snapshot holds what became of them. */
  withBoot: boolean;
  /** A further artifact to load beside the parts. */
  snapshot?: string | undefined;
  onProgress(loadedBytes: number, totalBytes: number): void;
}

export interface MachineParts {
  /** Where further files come from while the machine runs. */
  assets: Assets;
  parts: Omit<EmulatorParts, 'memoryBytes' | 'share'>;
  /**
   * Still on its way: it is the largest, and the emulator can be made meanwhile. Memory can be filled from it while it is
   * being checked.
   */
  snapshot: Promise<Unchecked> | undefined;
  /** SHA-256 of everything that makes this machine what it is, by artifact name. */
  images: Record<string, string>;
  transferredBytes: number;
}

/** Loads and checks everything that a run needs, all at once. */
export async function loadParts(
  profile: MachineProfile,
  platform: Platform,
  options: LoadOptions,
  signal: AbortSignal,
): Promise<MachineParts> {
  if (typeof WebAssembly === 'undefined') throw failures.noWebAssembly();
  // Absent over plain HTTP, whatever its type says.
  if (!(crypto as Partial<Crypto>).subtle) throw failures.insecureOrigin();
  const assets = await Assets.open(platform.assets, signal);
  const { module, wasm, bios } = emulatorNames;
  const vgaBios = vgaBiosNames[profile.console];
  const media = mediaOf(profile.boot);
  const identity = [module, wasm, bios, vgaBios, ...media];
  const names = [
    module,
    wasm,
    bios,
    vgaBios,
    ...(options.withBoot ? media : []),
    ...(options.snapshot === undefined ? [] : [options.snapshot]),
  ];
  const totalBytes = names.reduce((sum, name) => sum + assets.find(name).bytes, 0);
  let loadedBytes = 0;
  let toldBytes = 0;
  const onBytes = (count: number) => {
    loadedBytes += count;
    if (loadedBytes - toldBytes < totalBytes / progressSteps && loadedBytes < totalBytes) return;
    toldBytes = loadedBytes;
    options.onProgress(loadedBytes, totalBytes);
  };
  const read = (name: string) => assets.read(name, signal, onBytes);

  const snapshot =
    options.snapshot === undefined ? undefined : assets.readUnchecked(options.snapshot, signal, onBytes);
  // Whoever waits for it hears of a failure; nobody does when something else fails first.
  snapshot?.catch(() => {});
  const [v86, compiled, biosBytes, vgaBiosBytes, boot] = await Promise.all([
    assets.importModule(module, signal, onBytes),
    assets.compile(wasm, signal, onBytes),
    read(bios),
    read(vgaBios),
    options.withBoot ? readMedium(profile.boot, read) : undefined,
  ]);
  if (!isV86Module(v86)) throw failures.assetAltered(module, 'it does not export V86');
  return {
    assets,
    parts: {
      module: v86,
      wasm: compiled,
      bios: biosBytes,
      vgaBios: vgaBiosBytes,
      ...(boot && { boot }),
      hasScreen: profile.console === 'screen',
    },
    snapshot,
    images: Object.fromEntries(identity.map((name) => [name, assets.find(name).sha256])),
    transferredBytes: names.reduce((sum, name) => sum + assets.transferredBytes(name), 0),
  };
}

function mediaOf(boot: BootMedium): string[] {
  if (boot.type === 'floppy') return [boot.image];
  return boot.root === undefined ? [boot.kernel] : [boot.kernel, boot.root];
}

async function readMedium(
  boot: BootMedium,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<BootParts> {
  if (boot.type === 'floppy') return { type: 'floppy', image: await read(boot.image) };
  const { commandLine } = boot;
  const [kernel, root] = await Promise.all([
    read(boot.kernel),
    boot.root === undefined ? undefined : read(boot.root),
  ]);
  return { type: 'kernel', kernel, commandLine, ...(root && { root }) };
}

function isV86Module(value: unknown): value is V86Module {
  return typeof value === 'object' && value !== null && 'V86' in value && typeof value.V86 === 'function';
}
