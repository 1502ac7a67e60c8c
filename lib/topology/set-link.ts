import { HullError } from '../base/hull-error';
import type { Guest } from '../guest/guest';
import type { LinkPlace } from './graph';

/**
 * `ip link set NAME up`, or `down`, in the interface's own namespace. What degrades a link, `tc netem`, there is not: the
 * machines' kernel has no queueing disciplines.
 * @throws HullError `link-not-set` with what the program says
 */
export async function setLink(guest: Pick<Guest, 'run'>, link: LinkPlace, up: boolean): Promise<void> {
  const set = ['ip', 'link', 'set', 'dev', link.name, up ? 'up' : 'down'] as const;
  const { status, stderr } = await guest.run({
    argv: link.path === undefined ? set : ['busybox', 'nsenter', `--net=${link.path}`, ...set],
  });
  if (status.type === 'exited' && status.code === 0) return;
  throw new HullError(
    'link-not-set',
    `${link.name} could not be taken ${up ? 'up' : 'down'}: ${new TextDecoder().decode(stderr).trim() || 'its program ended without a word'}`,
    'It may be gone meanwhile: look at the picture and try again.',
  );
}
