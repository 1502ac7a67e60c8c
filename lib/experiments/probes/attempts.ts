import { defineProbe, type Probe } from './probe';

/** What came of trying a thing. */
export type Attempt = { result: 'allowed' } | { result: 'refused'; said: string };

/** What `attempt` of `gather.ts` printed. */
export function parseAttempt(output: string): Attempt {
  if (output === 'allowed') return { result: 'allowed' };
  if (output.startsWith('refused')) return { result: 'refused', said: output.slice(8).trim() };
  throw new Error(`Expected allowed or refused, got ${JSON.stringify(output.slice(0, 80))}.`);
}

export function showAttempt(attempt: Attempt): string[] {
  return attempt.result === 'allowed' ? ['allowed'] : ['refused', reasonOf(attempt)];
}

/** The last part of "sh: can't create /proc/sys/x: Read-only file system". */
export function reasonOf(attempt: { said: string }): string {
  const line = attempt.said.split('\n')[0] ?? '';
  return line.slice(line.lastIndexOf(': ') + 1).trim() || 'no reason given';
}

interface AttemptDefinition {
  id: string;
  question: string;
  script: string;
  /** Said when the container was refused and the machine was not: the lesson of the row. */
  lesson: (said: string) => string;
  /** Said when both were allowed. */
  shared: string;
}

function defineAttempt({ id, question, script, lesson, shared }: AttemptDefinition): Probe {
  return defineProbe<Attempt>({
    id,
    group: 'reach',
    question,
    script,
    parse: ({ output }) => parseAttempt(output),
    show: showAttempt,
    same: (one, other) => one.result === other.result,
    explain({ container, machine }) {
      if (container.result === 'allowed') {
        return machine.result === 'allowed' ? shared : 'The container may; the machine was refused.';
      }
      const said = reasonOf(container);
      if (machine.result === 'refused') {
        return `Both were refused: the container hears “${said}”, the machine “${reasonOf(machine)}”.`;
      }
      return lesson(said);
    },
  });
}

export const attemptProbes: readonly Probe[] = [
  defineAttempt({
    id: 'sysctl',
    question: 'Can it change a setting of the kernel?',
    // Writes the value that stands there. Not with `read`: it takes a byte at a time, and sysctl files end after the first.
    script: `
tune() {
  value=$(cat /proc/sys/kernel/panic) && echo "$value" >/proc/sys/kernel/panic
}
attempt tune`,
    lesson: (said) =>
      `The setting is one for all on the container’s host, so the runtime made /proc/sys read-only in the container (“${said}”); the machine sets it for its own kernel.`,
    shared: 'Both may; the container thereby sets it for its host and everyone there.',
  }),
  defineAttempt({
    id: 'mount',
    question: 'Can it mount a file system?',
    script: `
try_mount() {
  mkdir -p /tmp/probe-mount && mount -t tmpfs probe /tmp/probe-mount && umount /tmp/probe-mount
}
attempt try_mount
rmdir /tmp/probe-mount 2>/dev/null`,
    lesson: (said) =>
      `mount(2) takes CAP_SYS_ADMIN, which opens too much of a shared kernel to be given to a container, which hears “${said}”; the machine’s root has it.`,
    shared: 'Both may mount, each in its own mount namespace.',
  }),
  defineAttempt({
    id: 'sysrq',
    question: 'Can it reach the key that crashes the kernel?',
    // Opens /proc/sysrq-trigger for writing and writes nothing.
    script: `
touch_sysrq() {
  : >>/proc/sysrq-trigger
}
attempt touch_sysrq`,
    lesson: (said) =>
      `One letter written there would stop the host and all its containers, so the runtime made it read-only in the container (“${said}”); the machine could stop nobody but itself.`,
    shared: 'Both may; the container could thereby stop its host and all who live there.',
  }),
  defineAttempt({
    id: 'kernel-log',
    question: 'Can it read the kernel’s log?',
    script: `
read_log() {
  dmesg | grep -q .
}
attempt read_log`,
    lesson: () =>
      'The log tells of everyone on the host, so the runtime keeps syslog(2) from the container; the machine reads the log of its own kernel.',
    shared: 'Both may; the container reads what its host’s kernel says about everyone there.',
  }),
];
