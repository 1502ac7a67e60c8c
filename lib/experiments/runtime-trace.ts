// images/runtime/TRACE.md
import { z } from 'zod';

/** One system call of the runtime, as `hullrun --trace` writes it and the engine passes it on. */
export const traceStepSchema = z.object({
  /** What the call is for: "namespaces", "mounts", "seccomp program". */
  step: z.string(),
  syscall: z.string(),
  /** Nanoseconds since the trace began, on the guest's monotonic clock. */
  atNs: z.number().nonnegative(),
  /** Null for a call that does not return, as execve. */
  ns: z.number().nonnegative().nullable(),
  ok: z.boolean(),
  /** The runtime's own process, or the one that becomes the container. */
  process: z.enum(['runtime', 'container']),
  detail: z.string(),
});
export type TraceStep = z.infer<typeof traceStepSchema>;

/** One call of the runtime. */
export interface Trace {
  /** When it began, on the clock of whoever reads it. */
  beganMs: number;
  /** In the order of their beginning. */
  steps: readonly TraceStep[];
}

/** @param lines as the runtime wrote them; what is no step is left out @param beganMs when the first of them began */
export function readTrace(lines: readonly unknown[], beganMs: number): Trace {
  const steps = lines.flatMap((line) => {
    const step = traceStepSchema.safeParse(line);
    return step.success ? [step.data] : [];
  });
  return {
    beganMs: beganMs - (steps[0]?.atNs ?? 0) / 1e6,
    steps: steps.sort((one, other) => one.atNs - other.atNs),
  };
}

/** A run of steps with one purpose. */
export interface TraceGroup {
  step: string;
  atNs: number;
  endNs: number;
  calls: number;
}

/** Neighbours with the same purpose put together; each group lasts until the next begins. */
export function groupTrace(steps: readonly TraceStep[]): TraceGroup[] {
  const groups: TraceGroup[] = [];
  for (const { step, atNs, ns } of steps) {
    const last = groups.at(-1);
    const endNs = atNs + (ns ?? 0);
    if (last?.step === step) {
      last.endNs = Math.max(last.endNs, endNs);
      last.calls += 1;
    } else {
      if (last) last.endNs = atNs;
      groups.push({ step, atNs, endNs, calls: 1 });
    }
  }
  return groups;
}

/** The trace as lines for people: milliseconds, purpose, system call, what it was about. */
export function printTrace(steps: readonly TraceStep[]): string {
  const lines = steps.map(({ atNs, step, syscall, detail, ok }) => {
    const at = (atNs / 1e6).toFixed(1).padStart(7);
    return `${at} ms  ${step.padEnd(15)} ${syscall}${ok ? '' : ' (refused)'} ${detail}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join('');
}
