import { type Disposable, toDisposable } from '../base/lifecycle';
import type { OwnTime, Scheduler } from './platform';

/** About what v86 does on a good day, so that the guest finds time to pass as usual. */
const instructionsPerMs = 50_000;
/** What a turn takes, or a processor that polls for the next timer would do so for ever. */
const turnMs = 0.001;

interface Task {
  dueMs: number;
  order: number;
  run: () => void;
}

/**
 * A clock and a scheduler that know nothing of the world: time passes with the guest's instructions, and when all that
 * is left to do is to wait, it jumps. Two machines that start alike stay alike. `betweenTasks` gives the rest of the
 * program its turn: what it does must not depend on how long that takes.
 */
export class InstructionTime implements OwnTime, Scheduler {
  private tasks: Task[] = [];
  private nextOrder = 0;
  private skippedMs = 0;
  private turning = false;
  private instructions: () => number = () => 0;

  constructor(
    readonly battery: number,
    private readonly betweenTasks: (next: () => void) => void,
  ) {}

  follow(instructions: () => number): void {
    this.instructions = instructions;
  }

  microtick(): number {
    return this.skippedMs + this.instructions() / instructionsPerMs;
  }

  soon(run: () => void): Disposable {
    return this.add(turnMs, run);
  }

  after(delayMs: number, run: () => void): Disposable {
    return this.add(Math.max(delayMs, turnMs), run);
  }

  private add(delayMs: number, run: () => void): Disposable {
    const task = { dueMs: this.microtick() + delayMs, run, order: this.nextOrder++ };
    this.tasks.push(task);
    this.turn();
    return toDisposable(() => (this.tasks = this.tasks.filter((other) => other !== task)));
  }

  private turn(): void {
    if (this.turning) return;
    this.turning = true;
    this.betweenTasks(() => {
      this.turning = false;
      const [first] = this.tasks.sort((one, other) => one.dueMs - other.dueMs || one.order - other.order);
      if (!first) return;
      this.tasks.shift();
      this.skippedMs += Math.max(0, first.dueMs - this.microtick());
      first.run();
      if (this.tasks.length > 0) this.turn();
    });
  }
}
