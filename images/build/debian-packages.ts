import { HullError } from '../../lib/base/hull-error';
import { run } from './command';

export type DebianErrorCode = 'not-debian' | 'packages-missing' | 'packages-unreachable';

/**
 * Makes sure that Debian packages are on this computer: installs them when root, else fails with the command to run.
 * @param purpose what needs them, for the message: "the browser tests"
 */
export async function installDebianPackages(packages: readonly string[], purpose: string): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    throw new HullError<DebianErrorCode>(
      'packages-missing',
      `${purpose} need Debian packages that are not installed: ${missing.join(', ')}`,
      `Run this, then try again: sudo apt-get update && sudo ${command}`,
    );
  }
  console.error(`  installing Debian packages for ${purpose}: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run(['sh', '-c', command], { env });
  try {
    await install().catch(async () => {
      await run(['apt-get', 'update'], { env });
      await install();
    });
  } catch (cause) {
    throw new HullError<DebianErrorCode>(
      'packages-missing',
      `Debian packages for ${purpose} could not be installed: ${missing.join(', ')}`,
      `Run this and see what apt says: apt-get update && ${command}`,
      { cause },
    );
  }
}

async function missingPackages(packages: readonly string[]): Promise<string[]> {
  await requireDebian();
  const present = new Set<string>();
  const format = '${Package} ${db:Status-Abbrev}\n';
  // Fails when one package is unknown, after having printed the others.
  await run(['sh', '-c', 'dpkg-query -W -f "$0" "$@" 2>/dev/null || true', format, ...packages]).then(
    (list) => {
      for (const line of list.split('\n')) {
        const [name, status] = line.split(' ');
        if (name && status?.startsWith('ii')) present.add(name);
      }
    },
  );
  return packages.filter((name) => !present.has(name));
}

/** The guest is made of Debian packages, so apt and dpkg do the work. */
export async function requireDebian(): Promise<void> {
  try {
    await run(['sh', '-c', 'command -v apt-get && command -v dpkg-query && command -v dpkg-deb']);
  } catch (cause) {
    throw new HullError<DebianErrorCode>(
      'not-debian',
      'The guest images are built with Debian packages, and this computer has no apt-get.',
      'Build on Debian 12 or newer, or in a container of it: docker run --rm -it -v "$PWD":/src -w /src node:20-bookworm npm run images',
      { cause },
    );
  }
}
