import { type Disposable, toDisposable } from '../base/lifecycle';
import { CompilerSwitch } from './compiler-switch';
import { GuestMemory } from './guest-memory';
import { answerHashRequest } from './hash-unit';
import { InstructionLog } from './instruction-log';
import type { DeviceTotals } from './instrumentation';
import { scanCodes } from './keyboard';
import { type CardPort, NetworkCard } from './network-card';
import type { Platform } from './platform';
import { keepSharedLines } from './shared-interrupts';
import { TextScreen } from './text-screen';
import { type EmulatorParts, startV86 } from './v86-start';
import type { V86, V86Cpu, V86Machine } from './v86-surface';
import { VirtioInput } from './virtio-input';

/** What the guest does that somebody outside wants to know. Called between instructions; must not throw. */
export interface EmulatorEvents {
  /** The kernel's setup code is done: firmware is behind. */
  onKernelEntered(): void;
  onSerial(bytes: Uint8Array): void;
  onConsole(bytes: Uint8Array): void;
  /** `picture` draws the screen in a terminal, `text` is what it reads. */
  onScreen(picture: Uint8Array, text: string): void;
  onAgent(bytes: Uint8Array): void;
  /** The processor has stopped and no interrupt can wake it. */
  onHalted(): void;
  onReboot(): void;
  onCrashed(cause: unknown): void;
}

/** Linux takes virtio-console input in pages. */
const pageBytes = 4096;
/** Typed or pasted ahead of the guest. */
const consoleInputLimit = 256 * 1024;
/** Above the sum of the agent's windows, which is what holds a sender back. */
const agentInputLimit = 8 * 1024 * 1024;
/** What Ethernet carries; the guest's own limit for its interface. */
const mtu = 1500;
/** Virtio-console queues: port 0 receives in queue 0, port n in 2n + 2. */
const consoleQueue = 0;
const agentQueue = 4;
/** Port 3 is the hash unit's; port 2 is free. */
const hashQueue = 8;
/** Answers of 32 bytes to programs that have not read them. */
const hashAnswerLimit = 4096;
/** EFLAGS.IF */
const interruptFlag = 1 << 9;

/** One run of v86. Owns its timers: after `dispose` nothing of it runs. */
export class Emulator implements Disposable {
  readonly consoleInput: VirtioInput;
  readonly agentInput: VirtioInput;
  readonly card: NetworkCard;
  private readonly hashAnswers: VirtioInput;
  readonly log = new InstructionLog();
  private readonly machine: V86Machine;
  private readonly screen: TextScreen | undefined;
  private readonly compiler: CompilerSwitch | undefined;
  private busyMs = 0;
  private instructionTotal = 0;
  private instructionsSeen = 0;
  private nextTick: Disposable = toDisposable(() => {});
  private serial: number[] = [];
  private disposed = false;
  /** The guest has asked for a reset; what it does in the rest of its time slice, down to a triple fault, is moot. */
  private rebooted = false;
  private endDisposal = () => {};
  private readonly disposal = new Promise<void>((resolve) => (this.endDisposal = resolve));

  private constructor(
    readonly v86: V86,
    readonly totals: Readonly<DeviceTotals>,
    private readonly platform: Platform,
    private readonly events: EmulatorEvents,
    cardPort: CardPort,
    hasScreen: boolean,
  ) {
    this.machine = v86.v86;
    const { cpu } = this.machine;
    const { virtio_console } = cpu.devices;
    this.consoleInput = new VirtioInput(
      () => virtio_console.virtio.queues[consoleQueue],
      (bytes) => v86.bus.send('virtio-console0-input-bytes', bytes),
      { chunk: pageBytes, limit: consoleInputLimit },
    );
    this.agentInput = new VirtioInput(
      () => virtio_console.virtio.queues[agentQueue],
      (bytes) => v86.bus.send('virtio-console1-input-bytes', bytes),
      { chunk: pageBytes, limit: agentInputLimit },
    );
    this.hashAnswers = new VirtioInput(
      () => virtio_console.virtio.queues[hashQueue],
      (bytes) => v86.bus.send('virtio-console3-input-bytes', bytes),
      { chunk: pageBytes, limit: hashAnswerLimit },
    );
    this.card = new NetworkCard(cpu, new GuestMemory(cpu), cardPort, { mac: this.newAddress(), mtu });
    cpu.devices.virtio_net = this.card;
    const { virtio_9p } = cpu.devices;
    const interrupting = [virtio_console.virtio, this.card.virtio, ...(virtio_9p ? [virtio_9p.virtio] : [])];
    keepSharedLines(this.card.virtio.pci, interrupting);
    if (!platform.ownTime) {
      this.compiler = new CompilerSwitch((on) => this.machine.cpu.set_jit_config(0, on ? 0 : 1));
    }
    keepTerminalOff(virtio_console);
    if (hasScreen) {
      this.screen = new TextScreen(v86, platform.scheduler, (picture, text) =>
        events.onScreen(picture, text),
      );
    }
    this.listen();
  }

  /** The machine is made and stands still; `run` starts it. */
  static async create(
    parts: EmulatorParts,
    platform: Platform,
    events: EmulatorEvents,
    cardPort: CardPort,
  ): Promise<Emulator> {
    const totals: DeviceTotals = { portReads: 0, portWrites: 0, interrupts: 0, halts: 0 };
    const v86 = await startV86(parts, platform, totals, () => events.onKernelEntered());
    return new Emulator(v86, totals, platform, events, cardPort, parts.hasScreen);
  }

  run(): void {
    if (!this.disposed) void this.v86.run();
  }

  /** Between two instructions; the guest's devices stand still too. Over at once when the emulator is disposed of. */
  async stop(): Promise<void> {
    const stopped = this.v86.stop();
    // The tick that notices is due at once, not when an idle guest would have had its next timer.
    this.machine.next_tick(0);
    await Promise.race([stopped, this.disposal]);
  }

  /** Executed since the emulator was made; v86's own counter wraps at 2^32, which this one survives when asked often. */
  instructions(): number {
    const counter = this.v86.get_instruction_counter();
    this.instructionTotal += (counter - this.instructionsSeen) >>> 0;
    this.instructionsSeen = counter;
    return this.instructionTotal;
  }

  /**
   * v86 sends rows first, as Linux used to read them; ours reads columns first, as the specification has it
   * (virtio 1.3, 5.3.6.2). So each is given in place of the other.
   */
  resize(size: { rows: number; columns: number }): void {
    this.v86.bus.send('virtio-console0-resize', [size.rows, size.columns]);
  }

  /** On the keyboard in front of the screen. */
  typeKeys(text: string): void {
    for (const code of scanCodes(text)) this.v86.bus.send('keyboard-code', code);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.nextTick.dispose();
    this.screen?.dispose();
    this.endDisposal();
    for (const input of [this.consoleInput, this.agentInput, this.hashAnswers]) input.clear();
    this.card.dispose();
  }

  private listen(): void {
    const { v86, machine, events } = this;
    machine.yield = (delayMs, tick) => this.schedule(delayMs, tick);
    machine.cpu.reboot_internal = () => {
      this.rebooted = true;
      events.onReboot();
    };
    v86.add_listener('serial0-output-byte', (byte) => {
      this.serial.push(byte);
      if (byte === 10 || this.serial.length >= pageBytes) this.flushSerial();
    });
    v86.add_listener('virtio-console0-output-bytes', (bytes) => {
      this.flushSerial();
      events.onConsole(bytes);
    });
    v86.add_listener('virtio-console1-output-bytes', (bytes) => events.onAgent(bytes));
    v86.add_listener('virtio-console3-output-bytes', (bytes) => {
      this.hashAnswers.push(answerHashRequest(bytes));
    });
  }

  private schedule(delayMs: number, tick: number): void {
    this.nextTick.dispose();
    if (this.disposed || this.rebooted) return;
    const run = () => this.tick(tick);
    const { scheduler } = this.platform;
    // Rounded up: a timer that fires a fraction early finds nothing to do, and would be set again until it is time.
    this.nextTick = delayMs <= 0 ? scheduler.soon(run) : scheduler.after(Math.ceil(delayMs), run);
  }

  private tick(tick: number): void {
    if (this.disposed) return;
    const startedAt = this.platform.now();
    this.log.note(startedAt, this.instructions());
    try {
      this.consoleInput.pump();
      this.agentInput.pump();
      this.hashAnswers.pump();
      this.machine.yield_callback(tick);
    } catch (cause) {
      this.dispose();
      if (!this.rebooted) this.events.onCrashed(cause);
      return;
    }
    this.flushSerial();
    this.observe(startedAt);
    if (this.machine.running && !this.rebooted && this.isDead()) this.events.onHalted();
  }

  private observe(startedAt: number): void {
    const atMs = this.platform.now();
    this.busyMs += atMs - startedAt;
    const instructions = this.instructions();
    this.log.note(atMs, instructions);
    this.compiler?.observe({ atMs, busyMs: this.busyMs, instructions });
  }

  private isDead(): boolean {
    const { in_hlt, flags } = this.machine.cpu;
    return in_hlt[0] === 1 && ((flags[0] ?? 0) & interruptFlag) === 0;
  }

  private flushSerial(): void {
    if (this.serial.length === 0) return;
    const bytes = Uint8Array.from(this.serial);
    this.serial = [];
    this.events.onSerial(bytes);
  }

  /** Locally administered, unicast (IEEE 802: second-lowest bit set, lowest clear). */
  private newAddress(): Uint8Array {
    const mac = new Uint8Array(6);
    this.platform.fillRandom(mac);
    mac[0] = ((mac[0] ?? 0) & 0xfc) | 0x02;
    return mac;
  }
}

/** VIRTIO_CONSOLE_CONSOLE_PORT (virtio 1.3, 5.3.6.2) */
const consolePortEvent = 4;

/**
 * v86 calls every port a console. The agent's is none: as a terminal in the guest each of its bytes would pass through
 * the line discipline, fifty instructions a byte instead of three.
 */
function keepTerminalOff(console: V86Cpu['devices']['virtio_console']): void {
  const send = console.SendEvent.bind(console);
  console.SendEvent = (port, event, value) => {
    if (port === 0 || event !== consolePortEvent) send(port, event, value);
  };
}
