import { expect, test } from 'vitest';
import { nodeParts } from '../../../lib/fleet/node-parts';
import { startHost } from '../../../lib/fleet/start-machine';
import { runGoTests } from '../guest-tests';

// Natively they run on whatever kernel this computer has; here on the one that learners get.
test('networks work on the kernel of the machine', async () => {
  const { machine, guest } = await startHost(nodeParts, 'cold');
  try {
    const { passed, output } = await runGoTests(guest, 'network', '-test.short');
    expect(passed, output).toBe(true);
    expect(output).toContain('--- PASS: TestPublishedPortsAreReachedFromEverywhere');
  } finally {
    machine.dispose();
  }
}, 300_000);
