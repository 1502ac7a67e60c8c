import { messageOf } from '../../base/hull-error';

/** The container, the machine beside it, and the machine in which the container runs. */
export const sides = ['container', 'machine', 'host'] as const;
export type Side = (typeof sides)[number];

export const groups = ['boot', 'isolation', 'reach', 'network'] as const;
export type Group = (typeof groups)[number];

/** What people come to compare, in this order. */
export const groupTitles: Record<Group, string> = {
  boot: 'Boot time',
  isolation: 'Isolation: what it sees',
  reach: 'Isolation: what it can do to others',
  network: 'Networking',
};

export type Reading<T> = { type: 'value'; value: T } | { type: 'failure'; reason: string };

/** What was read on each side. The host's answer may be missing; a sentence then claims nothing about it. */
export interface Readings<T> {
  container: T;
  machine: T;
  host: T | undefined;
}

/** What a side said to a probe: the files it wanted to see, and what its script printed. */
export interface Answer {
  /** Without the newline at its end; undefined when it is not there or may not be read. */
  file: (path: string) => string | undefined;
  output: string;
}

/** One question, asked in the same words on every side. */
export interface ProbeDefinition<T> {
  id: string;
  group: Group;
  question: string;
  /** Text files that answer it, read together with those of all probes; relative ones are of the side's control group. */
  files?: readonly string[];
  /** POSIX shell, part of one script that asks everything; may use the functions of `gather.ts`. */
  script?: string;
  /** Throws a sentence when the answer is not what was asked for. */
  parse(answer: Answer): T;
  /** What a cell shows, a line each. */
  show: (value: T) => string[];
  /** Equal in the sense of the question; without it, equal when shown alike. */
  same?: (one: T, other: T) => boolean;
  /** One sentence on why container and machine agree or differ, from nothing but what was read. */
  explain(readings: Readings<T>): string;
  /** Moves by itself, such as a clock: a change of its cells is not news. */
  volatile?: true;
}

export type Cell = { type: 'value'; lines: string[] } | { type: 'failure'; reason: string };
export type Verdict = 'same' | 'different' | 'unknown';

/** A probe's answers side by side: what a table shows and a file keeps. */
export interface ProbeRow {
  id: string;
  group: Group;
  question: string;
  cells: Record<Side, Cell>;
  /** Container against machine. */
  verdict: Verdict;
  /** Container against the machine that it runs in. */
  verdictOnHost: Verdict;
  sentence: string;
  volatile: boolean;
}

/** A probe with its value's type closed over, so that probes of all types fit in one table. */
export interface Probe {
  id: string;
  group: Group;
  question: string;
  files: readonly string[];
  script: string;
  /** Rows never throw: a side without an answer is a cell that says so. */
  row(answers: Record<Side, Reading<Answer>>): ProbeRow;
}

export function defineProbe<T>(definition: ProbeDefinition<T>): Probe {
  const { id, group, question, files = [], script = '', show } = definition;
  const same = definition.same ?? ((one: T, other: T) => show(one).join('\n') === show(other).join('\n'));

  function read(answer: Reading<Answer>): Reading<T> {
    if (answer.type === 'failure') return answer;
    try {
      return { type: 'value', value: definition.parse(answer.value) };
    } catch (thrown) {
      return { type: 'failure', reason: messageOf(thrown) };
    }
  }

  function compare(one: Reading<T>, other: Reading<T>): Verdict {
    if (one.type === 'failure' || other.type === 'failure') return 'unknown';
    return same(one.value, other.value) ? 'same' : 'different';
  }

  function cell(reading: Reading<T>): Cell {
    return reading.type === 'failure' ? reading : { type: 'value', lines: show(reading.value) };
  }

  return {
    id,
    group,
    question,
    files,
    script,
    row(answers) {
      const container = read(answers.container);
      const machine = read(answers.machine);
      const host = read(answers.host);
      return {
        id,
        group,
        question,
        cells: { container: cell(container), machine: cell(machine), host: cell(host) },
        verdict: compare(container, machine),
        verdictOnHost: compare(container, host),
        sentence: sentenceFor(definition, container, machine, host),
        volatile: definition.volatile ?? false,
      };
    },
  };
}

/** The file's text, or a sentence that it could not be read. */
export function required(answer: Answer, path: string): string {
  const text = answer.file(path);
  if (text === undefined) throw new Error(`${path} could not be read.`);
  return text;
}

function sentenceFor<T>(
  definition: ProbeDefinition<T>,
  container: Reading<T>,
  machine: Reading<T>,
  host: Reading<T>,
): string {
  if (container.type === 'failure') return 'Nothing to compare: the container gave no answer.';
  if (machine.type === 'failure') return 'Nothing to compare: the machine gave no answer.';
  return definition.explain({
    container: container.value,
    machine: machine.value,
    host: host.type === 'value' ? host.value : undefined,
  });
}
