/**
 * The part of v86 0.5.462 that this folder touches. `libv86.mjs` keeps property names (closure compiler, SIMPLE),
 * so what is not in its public typings can be reached, and the exact version is pinned.
 * https://github.com/copy/v86/tree/master/src
 */
export interface V86Module {
  V86: new (options: V86Options) => V86;
}

export interface V86Options {
  wasm_fn(imports: V86Imports): Promise<WebAssembly.Exports>;
  memory_size: number;
  vga_memory_size: number;
  bios: { buffer: ArrayBuffer };
  vga_bios: { buffer: ArrayBuffer };
  bzimage?: { buffer: ArrayBuffer };
  initrd?: { buffer: ArrayBuffer };
  cmdline: string;
  acpi: boolean;
  net_device: { type: 'virtio'; mtu: number };
  /** A 9p device; `reply` may be called at once or later, once for each request. */
  filesystem?: { handle9p(request: Uint8Array, reply: (message: Uint8Array) => void): void };
  virtio_console: true;
  disable_jit?: boolean;
  disable_keyboard: true;
  disable_mouse: true;
  disable_speaker: true;
  autostart: false;
}

/** What v86.wasm calls in JavaScript. The names are those of its import section. */
export interface V86Imports extends WebAssembly.Imports {
  env: {
    microtick(): number;
    get_rand_int(): number;
    stop_idling(): void;
    io_port_read8(port: number): number;
    io_port_read16(port: number): number;
    io_port_read32(port: number): number;
    io_port_write8(port: number, value: number): void;
    io_port_write16(port: number, value: number): void;
    io_port_write32(port: number, value: number): void;
  } & WebAssembly.ModuleImports;
}

/** The starter: what `new V86()` gives. */
export interface V86 {
  readonly v86: V86Machine;
  /** Goes on when the WebAssembly is there: reads the images, then `machine.init`. */
  continue_init(machine: V86Machine, options: unknown): Promise<void>;
  add_listener<E extends keyof V86Events>(event: E, listener: (value: V86Events[E]) => void): void;
  readonly bus: { send<E extends keyof V86Inputs>(event: E, value: V86Inputs[E]): void };
  run(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  save_state(): Promise<ArrayBuffer>;
  /** The array buffer must hold the state and nothing else. */
  restore_state(state: ArrayBuffer): Promise<void>;
  /** Wraps at 2^32. */
  get_instruction_counter(): number;
}

export interface V86Events {
  'emulator-loaded': undefined;
  'serial0-output-byte': number;
  'virtio-console0-output-bytes': Uint8Array;
  'virtio-console1-output-bytes': Uint8Array;
  'net0-send': Uint8Array;
}

export interface V86Inputs {
  'virtio-console0-input-bytes': Uint8Array;
  'virtio-console1-input-bytes': Uint8Array;
  /** Columns, rows. */
  'virtio-console0-resize': [number, number];
  'net0-receive': Uint8Array;
}

/** The event loop around the CPU. */
export interface V86Machine {
  readonly cpu: V86Cpu;
  readonly running: boolean;
  init(settings: unknown): void;
  /** Asks for `yield_callback(tick)` after `delayMs`; below 1 means as soon as possible. */
  yield(delayMs: number, tick: number): void;
  yield_callback(tick: number): void;
  next_tick(delayMs: number): void;
  constructor: { /** The clock of every machine of this module, milliseconds. */ microtick(): number };
}

export interface V86Cpu {
  readonly mem8: Uint8Array;
  /** 1 after HLT until an interrupt comes. */
  readonly in_hlt: Uint8Array;
  readonly flags: Int32Array;
  readonly io: { ports: { write8: (value: number) => void; device: unknown }[] };
  readonly devices: {
    /** `timer` moves both along `Date.now` (milliseconds since 1970) and says when it wants to be called again. */
    readonly rtc: { rtc_time: number; last_update: number; timer(now: number, legacy: boolean): number };
    readonly virtio_console: {
      /** A control message to the guest's driver: `VIRTIO_CONSOLE_*`. */
      SendEvent(port: number, event: number, value: number): void;
      readonly virtio: { readonly queues: readonly V86Queue[] };
    };
    /** With the option `filesystem`. */
    readonly virtio_9p?: V86Share;
    readonly virtio_net: {
      mac: Uint8Array<ArrayBuffer>;
      readonly virtio: { readonly queues: readonly V86Queue[] };
    };
  };
  /** Called by the keyboard controller, PCI reset and triple faults. */
  reboot_internal(): void;
  /** Option 0 set to 1: nothing more is compiled. What is compiled already goes on being used. */
  set_jit_config(option: number, value: number): void;
  is_memory_zeroed(address: number, length: number): number;
  /** Called by `save_state`: what becomes of guest memory in the state. */
  pack_memory(): { packed_memory: Uint8Array; bitmap: V86Bitmap };
  /** Called by `restore_state` with what `pack_memory` gave. */
  unpack_memory(bitmap: V86Bitmap, packed: Uint8Array): void;
}

/** v86's virtio-9p device. */
export interface V86Share {
  readonly virtio: {
    /** Called when the guest's driver resets the device. */
    reset(): void;
    set_state(state: unknown): void;
  };
  /** What v86 writes into its state: numbers, strings, arrays, and objects with a `get_state` of their own. */
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

export interface V86Queue {
  is_configured(): boolean;
  has_request(): boolean;
}

export interface V86Bitmap {
  get_buffer(): ArrayBuffer;
}
