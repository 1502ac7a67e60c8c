import { spawnSync } from 'node:child_process';
import { installDebianPackages } from '../images/build/debian-packages';
import { messageOf } from '../lib/base/hull-error';

/** Installs Debian's tshark when it is missing and that is possible; else says why tests with it have to be skipped. */
export async function ensureTshark(): Promise<{ missing?: string }> {
  if (spawnSync('tshark', ['--version']).status === 0) return {};
  try {
    await installDebianPackages(['tshark'], 'the tests of capture files');
    return {};
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

/** What tshark makes of a capture: one line a packet, with these fields; and what it complained about. */
export function dissect(
  file: string,
  fields: readonly string[],
  filter = '',
): { lines: string[][]; complaints: string } {
  const chosen = fields.flatMap((field) => ['-e', field]);
  const { status, stdout, stderr } = spawnSync(
    'tshark',
    ['-n', '-r', file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...chosen],
    { encoding: 'utf8' },
  );
  // As root it warns that it should not be.
  const complaints = stderr.replace(/^Running as user .*\n/m, '').trim();
  if (status !== 0) throw new Error(`tshark ended with status ${status}: ${complaints}`);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { lines: lines.map((line) => line.split('|')), complaints };
}
