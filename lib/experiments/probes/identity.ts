import { defineProbe } from './probe';
import { integer, lines } from './words';

export const hostnameProbe = defineProbe<string>({
  id: 'hostname',
  group: 'isolation',
  question: 'What is it called?',
  script: 'hostname',
  parse(output) {
    const name = output.trim();
    if (name === '' || /\s/.test(name)) throw new Error('Expected one word.');
    return name;
  },
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

/** `id -u`, then `/proc/self/uid_map`, then a line `--`, then `/etc/passwd`. */
export function parseUsers(output: string): Users {
  const [head = '', passwd = ''] = output.split('\n--\n', 2);
  const [userId, ...mapLines] = lines(head);
  const map = mapLines.map((line) => {
    const [inside, outside, length] = line.trim().split(/\s+/);
    return {
      inside: integer(inside, 'a user number'),
      outside: integer(outside, 'a user number'),
      length: integer(length, 'a count of users'),
    };
  });
  return {
    userId: integer(userId, 'a user number'),
    map,
    names: lines(passwd).map((line) => line.split(':')[0] ?? ''),
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
  script: `
id -u
cat /proc/self/uid_map
echo --
cat /etc/passwd 2>/dev/null`,
  parse: parseUsers,
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
