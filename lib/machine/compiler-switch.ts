/**
 * v86 compiles every page of guest code that has run for 200,000 instructions. A boot runs hundreds of pages about that
 * often and never again, so compiling them costs several times what it saves; a loop that goes on for seconds gains
 * tenfold. So the compiler is off until the guest has been busy for longer than a boot, and off again once it idles.
 * What is compiled stays in use.
 */
const patience = 40_000_000;
const windowMs = 250;
/** In one window: a processor that sleeps most of the time. */
const idleInstructions = 2_000_000;

export class CompilerSwitch {
  private windowStart = { atMs: 0, instructions: 0 };
  private worked = 0;
  private compiling = false;

  constructor(private readonly compile: (on: boolean) => void) {
    compile(false);
  }

  /** @param instructions executed so far */
  observe(atMs: number, instructions: number): void {
    if (atMs - this.windowStart.atMs < windowMs) return;
    const executed = instructions - this.windowStart.instructions;
    this.windowStart = { atMs, instructions };
    this.worked = executed < idleInstructions ? 0 : this.worked + executed;
    const wanted = this.worked > patience;
    if (wanted === this.compiling) return;
    this.compiling = wanted;
    this.compile(wanted);
  }
}
