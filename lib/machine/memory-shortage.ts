import type { Disposable } from '../base/lifecycle';
import { LineReader } from './line-reader';
import type { Machine } from './machine';

/** The kernel has ended a program because memory ran out: the machine's, or that of a group with a limit of its own. */
export interface MemoryShortage {
  of: 'machine' | 'group';
  program: string;
  pid: number;
}

/** mm/oom_kill.c, __oom_kill_process */
export function parseMemoryShortage(line: string): MemoryShortage | undefined {
  const found = /\b(Memory cgroup out of memory|Out of memory): Killed process (\d+) \((.+)\) total-vm:/.exec(
    line,
  );
  if (!found) return undefined;
  const [, what, pid, program = ''] = found;
  return { of: what === 'Out of memory' ? 'machine' : 'group', program, pid: Number(pid) };
}

/** Hears of shortages from now on; what the console showed before is not news. */
export function watchMemoryShortage(
  console: Machine['console'],
  onShortage: (shortage: MemoryShortage) => void,
): Disposable {
  let isReplay = true;
  const lines = new LineReader((line) => {
    const shortage = parseMemoryShortage(line);
    if (shortage && !isReplay) onShortage(shortage);
  });
  const subscription = console.onOutput((bytes) => lines.push(bytes));
  isReplay = false;
  return subscription;
}
