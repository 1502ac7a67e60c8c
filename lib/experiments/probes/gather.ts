import type { Answer, Probe, Reading } from './probe';

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

/** Name of the section with the files; no probe is called so, because their names hold no slash. */
const filesSection = '/';

/** A single shell script that asks every probe's question and prints a section for each. */
export function gatherScript(probes: readonly Probe[], surroundings: Surroundings): string {
  const settings = [
    `neighbour=${quote(surroundings.neighbourAddress)}`,
    `host_pid=${quote(String(surroundings.hostProcess.pid))}`,
    `host_command=${quote(surroundings.hostProcess.commandLine)}`,
  ];
  const asked = probes.filter(({ script }) => script !== '');
  const sections = asked.map(({ id, script }) => `printf '\\036%s\\n' ${quote(id)}\n${script.trim()}`);
  return [...settings, prelude, readFiles(probes), ...sections, `printf '\\036end\\n'`].join('\n');
}

/** One process reads all files: `PATH:LINE` for every line, from the side's control group for those of that. */
function readFiles(probes: readonly Probe[]): string {
  const paths = [...new Set(probes.flatMap(({ files }) => files))];
  if (paths.length === 0) return '';
  return `
printf '\\036%s\\n' ${quote(filesSection)}
read -r membership </proc/self/cgroup
cd "/sys/fs/cgroup\${membership#0::}" 2>/dev/null
grep -H '' ${paths.map(quote).join(' ')} 2>/dev/null
cd /`;
}

export interface Gathered {
  files: ReadonlyMap<string, string>;
  /** What each script printed. */
  outputs: ReadonlyMap<string, string>;
}

/** What `gatherScript` printed. The last section is left out: it is the end mark, or it was cut off. */
export function parseGathered(printed: string): Gathered {
  const outputs = new Map<string, string>();
  for (const section of printed.split(recordSeparator).slice(1, -1)) {
    const end = section.indexOf('\n');
    if (end < 0) continue;
    outputs.set(section.slice(0, end), section.slice(end + 1).replace(/\n$/, ''));
  }
  return { files: parseFiles(outputs.get(filesSection) ?? ''), outputs };
}

function parseFiles(section: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const line of section.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const path = line.slice(0, colon);
    const before = files.get(path);
    const text = line.slice(colon + 1);
    files.set(path, before === undefined ? text : `${before}\n${text}`);
  }
  return files;
}

/** The answer to one probe; the reason says that the script did not get that far. */
export function answerOf({ files, outputs }: Gathered, probe: Probe): Reading<Answer> {
  const output = probe.script === '' ? '' : outputs.get(probe.id);
  if (output === undefined) {
    return { type: 'failure', reason: 'The shell stopped before it had answered this question.' };
  }
  return { type: 'value', value: { output, file: (path) => files.get(path) } };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
