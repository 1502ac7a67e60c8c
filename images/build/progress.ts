/** How often a line that is not a terminal gets news of the same step. */
const repeatAfterMs = 10_000;

/** Tells a person what is being built: one line per step, rewritten in place on a terminal. */
export class Progress {
  private startedMs = 0;
  private printedMs = 0;
  private open = false;

  constructor(
    private readonly out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
    private readonly nowMs: () => number,
  ) {}

  begin(step: string): void {
    this.startedMs = this.printedMs = this.nowMs();
    this.line(`  ${step}: building`);
  }

  update(step: string, text: string): void {
    if (!this.out.isTTY && this.nowMs() - this.printedMs < repeatAfterMs) return;
    this.printedMs = this.nowMs();
    this.line(`  ${step}: ${text}`);
  }

  end(step: string): void {
    this.line(`  ${step}: built in ${((this.nowMs() - this.startedMs) / 1000).toFixed(1)} s`);
    if (this.out.isTTY) this.out.write('\n');
    this.open = false;
  }

  private line(text: string): void {
    if (this.out.isTTY) this.out.write(`${this.open ? '\r\x1b[K' : ''}${text.slice(0, 100)}`);
    else this.out.write(`${text}\n`);
    this.open = true;
  }
}
