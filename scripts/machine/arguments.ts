import { HullError } from '../../lib/base/hull-error';
import type { ConnectTarget } from '../../lib/guest/guest';
import type { MachineProfile } from '../../lib/machine/machine';

export const usage = `npm run machine -- [options] [--] [command...]

Starts a machine in this terminal. With a command: runs it in the guest, with input, output and exit status
(128 + n when signal n ended it). Without: the machine's console; Ctrl-] leaves.

  --profile NAME        host (default): a shell, hullrun and its bundles; web: nothing but the web service;
                        host-6.1: a host on an older kernel, once npm run images -- --all has built it;
                        bare-metal and memtest: guests that are no Linux, on a screen
  --cold                boot, although a snapshot of the ready machine is there
  --publish PORT:TARGET forward 127.0.0.1:PORT into the guest, to a port there or to a unix socket's path.
                        May be repeated. Stays up until Ctrl-C, or until the command ends. PORT 0: a free one
  --help                this text
`;

export interface Publication {
  hostPort: number;
  target: ConnectTarget;
}

export interface MachineArguments {
  profile: MachineProfile;
  cold: boolean;
  publications: readonly Publication[];
  command: readonly string[];
}

/** 'help' when that was asked for. Throws a HullError `bad-argument`. */
export function parseArguments(
  given: readonly string[],
  profiles: readonly MachineProfile[],
): MachineArguments | 'help' {
  const rest = [...given];
  const publications: Publication[] = [];
  let cold = false;
  let profile = findProfile(profiles, 'host');
  const valueOf = (option: string) => {
    const value = rest.shift();
    if (value === undefined) throw badArgument(`${option} needs a value`);
    return value;
  };
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift();
    if (option === '--') break;
    if (option === '--help' || option === '-h') return 'help';
    else if (option === '--cold') cold = true;
    else if (option === '--profile') profile = findProfile(profiles, valueOf(option));
    else if (option === '--publish') publications.push(parsePublication(valueOf(option)));
    else throw badArgument(`there is no option ${option}`);
  }
  return { profile, cold, publications, command: rest };
}

function findProfile(profiles: readonly MachineProfile[], name: string): MachineProfile {
  const found = profiles.find((profile) => profile.name === name);
  if (found) return found;
  throw badArgument(`there is no profile ${name}; there are: ${profiles.map((one) => one.name).join(', ')}`);
}

/** `8080:80` or `2375:/run/hull.sock`. */
function parsePublication(text: string): Publication {
  const [, host = '', target = ''] = /^(\d+):(\d+|\/.+)$/.exec(text) ?? [];
  const hostPort = parsePort(host);
  if (target.startsWith('/') && hostPort !== undefined)
    return { hostPort, target: { type: 'unix', path: target } };
  const port = parsePort(target);
  if (hostPort !== undefined && port) return { hostPort, target: { type: 'tcp', port } };
  throw badArgument(`--publish ${text} is not HOSTPORT:GUESTPORT or HOSTPORT:/path/of/a.sock`);
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return text !== '' && port <= 65535 ? port : undefined;
}

function badArgument(message: string): HullError<'bad-argument'> {
  return new HullError('bad-argument', message, 'npm run machine -- --help says what there is.');
}
