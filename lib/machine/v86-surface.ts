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
  cmdline?: string;
  fda?: { buffer: ArrayBuffer };
  screen?: { ansi: true };
  acpi: boolean;
  net_device: { type: 'none' };
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
  /** With `screen.ansi`, a line for each row: 24-bit colours, ended by a reset. */
  readonly screen_adapter: { get_text_screen(): string[]; clear_text_state?(): void };
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
  /** A message for each of the guest's writes, of at most 32 KiB. */
  'virtio-console3-output-bytes': Uint8Array;
  /** Row, column, character of code page 437. */
  'screen-put-char': [number, number, number];
}

export interface V86Inputs {
  'virtio-console0-input-bytes': Uint8Array;
  'virtio-console1-input-bytes': Uint8Array;
  'virtio-console3-input-bytes': Uint8Array;
  /** Columns, rows. */
  'virtio-console0-resize': [number, number];
  /** A byte as the keyboard sends it, scan code set 1. */
  'keyboard-code': number;
}

/** The 8254. Arrays have an element for each channel. */
export interface V86Timer {
  counter_reload: Uint16Array | Uint32Array;
  counter_start_value: Uint16Array | Uint32Array;
  readonly counter_enabled: Uint8Array;
  /** 3: low byte, then high byte. */
  readonly counter_read_mode: Uint8Array;
  /** 1 when the low byte comes next. */
  readonly counter_next_low: Uint8Array;
  counter_write(channel: number, value: number): void;
  timer(now: number, noInterrupt: boolean): number;
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
  /** Control registers. */
  readonly cr: Int32Array;
  readonly io: {
    ports: { write8: (value: number) => void; device: unknown }[];
    register_write(port: number, device: unknown, write8: (value: number) => void): void;
  };
  readonly devices: {
    /** `timer` moves both along `Date.now` (milliseconds since 1970) and says when it wants to be called again. */
    readonly rtc: {
      rtc_time: number;
      last_update: number;
      readonly periodic_interrupt: boolean;
      readonly update_interrupt: boolean;
      /** 0: none. */
      readonly next_interrupt_alarm: number;
      timer(now: number, legacy: boolean): number;
    };
    readonly pit: V86Timer;
    readonly virtio_console: {
      /** A control message to the guest's driver: `VIRTIO_CONSOLE_*`. */
      SendEvent(port: number, event: number, value: number): void;
      readonly virtio: V86Virtio;
    };
    /** With the option `filesystem`. */
    readonly virtio_9p?: V86Share;
    /** Part of v86's state when it is there; v86 resets it with the machine. */
    virtio_net?: V86Device;
  };
  /** Raises what is due, and gives the milliseconds until the next. Called between time slices. */
  run_hardware_timers(acpi: boolean, now: number): number;
  /** Called by the keyboard controller, PCI reset and triple faults. */
  reboot_internal(): void;
  /** Option 0 set to 1: nothing more is compiled. What is compiled already goes on being used. */
  set_jit_config(option: number, value: number): void;
  /** Code compiled from these addresses is so no longer: what is there has changed. */
  jit_dirty_cache(start: number, end: number): void;
  is_memory_zeroed(address: number, length: number): number;
  /** Grows when something in it needs room; views of its buffer end then. */
  readonly wasm_memory: WebAssembly.Memory;
  /** The decoder of Zstandard in v86.wasm: a context for so many packed bytes, which go where `zstd_get_src_ptr` says. */
  zstd_create_ctx(packedBytes: number): number;
  zstd_get_src_ptr(context: number): number;
  /** The address of the next so many bytes, exactly; 0 when it cannot give them. */
  zstd_read(context: number, bytes: number): number;
  zstd_read_free(address: number, bytes: number): void;
  zstd_free_ctx(context: number): void;
  /** Called by `save_state`: what becomes of guest memory in the state. */
  pack_memory(): { packed_memory: Uint8Array; bitmap: V86Bitmap };
  /** Called by `restore_state` with what `pack_memory` gave. */
  unpack_memory(bitmap: V86Bitmap, packed: Uint8Array): void;
}

export interface V86Device {
  reset(): void;
  /** What v86 writes into its state: numbers, strings, arrays, and objects with a `get_state` of their own. */
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

/** v86's virtio-9p device. */
export interface V86Share extends Pick<V86Device, 'get_state' | 'set_state'> {
  readonly virtio: Pick<V86Virtio, 'reset' | 'set_state' | 'pci_id' | 'isr_status'>;
}

/** The bus, as far as its devices interrupt over it. Which line is a device's, the bus knows. */
export interface V86Pci {
  raise_irq(pciId: number): void;
  lower_irq(pciId: number): void;
}

/** The registers that all virtio devices have, on PCI. */
export interface V86Virtio {
  readonly pci: V86Pci;
  readonly pci_id: number;
  /** What the guest reads in the ISR status register, which clears it and lowers the device's line. */
  readonly isr_status: number;
  readonly queues: readonly V86Queue[];
  /** Offered by the device, in words of 32 bits, least significant first. */
  readonly device_feature: Uint32Array;
  readonly device_status: number;
  /** By number of the bit. */
  is_feature_negotiated(feature: number): boolean;
  /** `type` is what the guest reads in the ISR status register. */
  raise_irq(type: number): void;
  /** The driver must be ready for it (DRIVER_OK). */
  notify_config_changes(): void;
  update_config_generation(): void;
  /** Called when the guest's driver resets the device. */
  reset(): void;
  set_state(state: unknown): void;
  constructor: new (cpu: V86Cpu, options: V86VirtioOptions) => V86Virtio;
}

/** Ports are those of the guest's I/O space, where the structures of a PCI virtio device begin. */
export interface V86VirtioOptions {
  name: string;
  pci_id: number;
  device_id: number;
  subsystem_device_id: number;
  common: {
    initial_port: number;
    queues: { size_supported: number; notify_offset: number }[];
    features: number[];
    /** Never called by this version. */
    on_driver_ok(): void;
  };
  notification: {
    initial_port: number;
    single_handler: boolean;
    /** By `notify_offset`. */
    handlers: (() => void)[];
  };
  isr_status: { initial_port: number };
  device_specific: {
    initial_port: number;
    struct: { bytes: number; name: string; read(): number; write(value: number): void }[];
  };
}

/** The registers of a queue. Addresses are physical, and signed. */
export interface V86Queue {
  readonly enabled: boolean;
  readonly size: number;
  readonly desc_addr: number;
  readonly avail_addr: number;
  readonly used_addr: number;
  /** The next entry of the available ring that the device looks at. */
  avail_last_idx: number;
  is_configured(): boolean;
  has_request(): boolean;
}

export interface V86Bitmap {
  get_buffer(): ArrayBuffer;
}
