import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answerOf, parseGathered } from './gather';
import type { ProbeRow, Side } from './probe';
import { probes } from './table';

/** What a container, a machine and the container's host printed, as `probes.guest.test.ts` starts them. */
function recorded(side: Side) {
  return parseGathered(readFileSync(new URL(`recorded/${side}.txt`, import.meta.url), 'utf8'));
}

const sides = { container: recorded('container'), machine: recorded('machine'), host: recorded('host') };

function rowsOf(asked: typeof sides): ReadonlyMap<string, ProbeRow> {
  return new Map(
    probes.map((probe) => [
      probe.id,
      probe.row({
        container: answerOf(asked.container, probe),
        machine: answerOf(asked.machine, probe),
        host: answerOf(asked.host, probe),
      }),
    ]),
  );
}

const rows = rowsOf(sides);

test.each([
  ['kernel', 'different', 'same'],
  ['command-line', 'same', 'same'],
  ['hostname', 'different', 'different'],
  ['users', 'same', 'same'],
  ['namespaces', 'different', 'different'],
  ['sysctl', 'different', 'different'],
  ['ping', 'same', 'same'],
])('%s: container and machine %s, container and host %s', (id, verdict, verdictOnHost) => {
  expect(rows.get(id)).toMatchObject({ verdict, verdictOnHost });
});

test.each([
  [
    'kernel',
    'The container answers with its host’s running kernel, by its boot ID; the machine booted a kernel of its own, of the same build.',
  ],
  [
    'mounts',
    'The container’s mount namespace holds 18 mounts, 8 of them read-only covers over parts of /proc that reach its host’s kernel; the machine’s kernel holds 8 mounts and covers nothing in /proc.',
  ],
  [
    'memory',
    'The container reads its host’s whole memory, and the limit of its control group, 128 MiB, is more than there is; the machine’s kernel has 105 MiB for itself.',
  ],
  [
    'capabilities',
    'The runtime took 27 capabilities away, SYS_ADMIN, NET_ADMIN and SYS_MODULE among them, for root in a container is root on a shared kernel; the machine’s root may keep all 41, for the kernel is its own.',
  ],
  [
    'sysrq',
    'One letter written there would stop the host and all its containers, so the runtime made it read-only in the container (“Read-only file system”); the machine could stop nobody but itself.',
  ],
  [
    'ping',
    'The container’s packets are passed on by its host’s kernel, one hop more than the machine’s (TTL 63 against 64); the machine puts its frames on the cable itself.',
  ],
])('%s says why', (id, sentence) => {
  expect(rows.get(id)?.sentence).toBe(sentence);
});

test('without the host’s answers nothing is said of it', () => {
  const alone = rowsOf({ ...sides, host: parseGathered('') });
  expect(alone.get('kernel')?.sentence).toBe(
    'The machine reports a kernel of the same build; the container’s host did not answer.',
  );
  expect(alone.get('processes')?.sentence).not.toContain('host');
  expect([...alone.values()].map(({ verdictOnHost }) => verdictOnHost)).not.toContain('same');
});

test('two sides that answer alike are not said to differ', () => {
  const twins = rowsOf({ ...sides, machine: sides.container });
  for (const row of twins.values()) expect([row.id, row.verdict]).toEqual([row.id, 'same']);
});
