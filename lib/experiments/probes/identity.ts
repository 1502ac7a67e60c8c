import { parseStatus } from './privileges';
import { defineProbe, required } from './probe';
import { integer, lines } from './words';

export const hostnameProbe = defineProbe<string>({
  id: 'hostname',
  group: 'isolation',
  question: 'What is it called?',
  files: ['/proc/sys/kernel/hostname'],
  parse: (answer) => required(answer, '/proc/sys/kernel/hostname'),
  show: (name) => [name],
  explain({ container, machine, host }) {
    const kept =
      host === undefined
        ? 'The container answers with a name'
        : container === host
          ? 'The container answers with its host’s name'
          : 'The container has a name of its own on its host’s kernel, kept in a UTS namespace';
    return container === machine
      ? `${kept}, which happens to be the machine’s too.`
      : `${kept}; the machine’s name is kept by its own kernel.`;
  },
});

export interface Users {
  userId: number;
  /** `/proc/self/uid_map`: how user numbers inside map to those of the parent namespace. */
  map: { inside: number; outside: number; length: number }[];
  names: string[];
}

/** The texts of /proc/self/status, /proc/self/uid_map and, if there is one, /etc/passwd. */
export function parseUsers(status: string, uidMap: string, passwd: string | undefined): Users {
  const map = lines(uidMap).map((line) => {
    const [inside, outside, length] = line.trim().split(/\s+/);
    return {
      inside: integer(inside, 'a user number'),
      outside: integer(outside, 'a user number'),
      length: integer(length, 'a count of users'),
    };
  });
  // Real, effective, saved, file system: the second is the one that counts.
  const userId = parseStatus(status).get('Uid')?.split(/\s+/)[1];
  return {
    userId: integer(userId, 'Uid in /proc/self/status'),
    map,
    names: lines(passwd ?? '').map((line) => line.split(':')[0] ?? ''),
  };
}

/** The number that the parent namespace knows the user by; null when it has none. */
export function outsideId({ userId, map }: Users): number | null {
  const range = map.find(({ inside, length }) => userId >= inside && userId < inside + length);
  return range ? range.outside + (userId - range.inside) : null;
}

export const usersProbe = defineProbe<Users>({
  id: 'users',
  group: 'isolation',
  question: 'Who is it, and which users does it know?',
  files: ['/proc/self/status', '/proc/self/uid_map', '/etc/passwd'],
  parse: (answer) =>
    parseUsers(
      required(answer, '/proc/self/status'),
      required(answer, '/proc/self/uid_map'),
      answer.file('/etc/passwd'),
    ),
  show: (users) => [
    `user ${users.userId}, outside ${outsideId(users) ?? 'nobody'}`,
    users.names.length > 0 ? `knows ${users.names.join(', ')}` : 'no /etc/passwd',
  ],
  explain({ container, machine }) {
    const outside = outsideId(container);
    if (container.userId === 0 && outside === 0) {
      return 'Root in the container is root to its host’s kernel, for no user namespace maps the number, so it takes capabilities, filters and mounts to confine it; root in the machine is root to the machine’s kernel alone.';
    }
    if (container.userId === 0) {
      return `Root in the container is user ${outside ?? 'nobody'} to its host’s kernel, through a user namespace; root in the machine is root to its own kernel.`;
    }
    return `The container runs as user ${container.userId}, who is ${outside ?? 'nobody'} to its host’s kernel; the machine runs as user ${machine.userId} of its own kernel.`;
  },
});
