import type { Probe, Reading } from './probe';

/** What a side is told about its surroundings. */
export interface Surroundings {
  /** IPv4 address of the machine at the other end of the cable. */
  neighbourAddress: string;
  /** A process of the container's host, as the host numbers it, and its command line. */
  hostProcess: { pid: number; commandLine: string };
}

/** ASCII's record separator: no file that the probes read holds one, and it survives a PTY. */
const recordSeparator = '\x1e';

/**
 * `attempt COMMAND...` prints `allowed`, or `refused` and what the system said.
 * `oneline FILE` prints a file of NUL-separated words as one line.
 * Both shell functions exist because a process start is dear on an emulated CPU: a refresh is one exec.
 */
const prelude = `
attempt() {
  if said=$("$@" 2>&1); then echo allowed; else echo "refused $said"; fi
}
oneline() {
  tr '\\000\\n\\036' '   ' <"$1"
  echo
}
`;

/** A single shell script that asks every probe's question and prints a section for each. */
export function gatherScript(probes: readonly Probe[], surroundings: Surroundings): string {
  const settings = [
    `neighbour=${quote(surroundings.neighbourAddress)}`,
    `host_pid=${quote(String(surroundings.hostProcess.pid))}`,
    `host_command=${quote(surroundings.hostProcess.commandLine)}`,
  ];
  const sections = probes.map(({ id, script }) => `printf '\\036%s\\n' ${quote(id)}\n${script.trim()}`);
  return [...settings, prelude, ...sections, `printf '\\036end\\n'`].join('\n');
}

/** The output of `gatherScript`, by probe. The last section is left out: it is the end mark, or it was cut off. */
export function splitSections(output: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>();
  for (const section of output.split(recordSeparator).slice(1, -1)) {
    const end = section.indexOf('\n');
    if (end < 0) continue;
    sections.set(section.slice(0, end), section.slice(end + 1).replace(/\n$/, ''));
  }
  return sections;
}

/** The answer to one probe; the reason says that the script did not get that far. */
export function sectionOf(sections: ReadonlyMap<string, string>, probe: Probe): Reading<string> {
  const value = sections.get(probe.id);
  if (value === undefined)
    return { type: 'failure', reason: 'The shell stopped before it had answered this question.' };
  return { type: 'value', value };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
