/**
 * v86 compiles every page of guest code that has run for 200,000 instructions. Boots and sequences of commands run hundreds
 * of pages about that often and then others, and compiling them costs several times what it saves; a loop that goes on for
 * seconds gains fivefold. So the compiler is off until the guest has been busy for longer than a boot, then on for as long
 * as the guest is the faster for it, and off again once it idles. What is compiled stays in use. See docs/adr/0080.
 */
const patience = 40_000_000;
/** Each attempt that does not pay makes the next one wait twice as long, up to this. */
const longestPatience = 8 * patience;
/** Long enough for the compiler to find a loop, short enough to notice soon that there is none. */
const windowInstructions = 10_000_000;
/** Speed with the compiler, of the speed without: at once, while it may still have most of its work before it... */
const tolerated = 0.6;
/** ...and after so many windows, when it ought to be worth it. */
const trialWindows = 3;
const worthwhile = 1.2;

/** A processor that sleeps most of so long a time idles. */
const idleWindowMs = 250;
const idleShare = 0.7;

interface Moment {
  /** Milliseconds, monotonic. */
  atMs: number;
  /** How many of them the processor has worked. */
  busyMs: number;
  /** Executed so far. */
  instructions: number;
}

const beginning: Moment = { atMs: 0, busyMs: 0, instructions: 0 };

export class CompilerSwitch {
  private idleWindow = beginning;
  /** Since when the guest has been busy, with or without the compiler. */
  private phase = beginning;
  private window = beginning;
  /** The guest's speed without the compiler, while it is on; instructions a millisecond. */
  private interpreted: number | undefined;
  private windows = 0;
  private patience = patience;

  constructor(private readonly compile: (on: boolean) => void) {
    compile(false);
  }

  observe(now: Moment): void {
    if (this.idles(now)) {
      this.patience = patience;
      this.interpret(now);
    } else if (this.interpreted === undefined) this.wait(now);
    else this.judge(now, this.interpreted);
  }

  private idles(now: Moment): boolean {
    const passedMs = now.atMs - this.idleWindow.atMs;
    if (passedMs < idleWindowMs) return false;
    const busyMs = now.busyMs - this.idleWindow.busyMs;
    this.idleWindow = now;
    return busyMs < (1 - idleShare) * passedMs;
  }

  private wait(now: Moment): void {
    if (now.instructions - this.phase.instructions <= this.patience) return;
    this.interpreted = speed(this.phase, now);
    this.window = now;
    this.windows = 0;
    this.compile(true);
  }

  private judge(now: Moment, interpreted: number): void {
    if (now.instructions - this.window.instructions < windowInstructions) return;
    const gain = speed(this.window, now) / interpreted;
    this.window = now;
    this.windows += 1;
    if (gain >= (this.windows === trialWindows ? worthwhile : tolerated)) return;
    this.patience = this.windows > trialWindows ? patience : Math.min(2 * this.patience, longestPatience);
    this.interpret(now);
  }

  private interpret(now: Moment): void {
    this.phase = now;
    if (this.interpreted === undefined) return;
    this.interpreted = undefined;
    this.compile(false);
  }
}

function speed(from: Moment, to: Moment): number {
  return (to.instructions - from.instructions) / Math.max(to.busyMs - from.busyMs, 1);
}
