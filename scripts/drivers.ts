// npm run drivers: Docker's five network drivers on two machines, without a browser; prints what was found on the wire.
import { messageOf } from '../lib/base/hull-error';
import { DriversRun, driversLab } from '../lib/experiments/network-drivers';
import { Fleet } from '../lib/fleet/fleet';
import { nodeFleet } from '../lib/fleet/node-fleet';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => controller.abort(new Error(`ended by ${name}`)));

const parts = nodeFleet();
const fleet = await Fleet.start(parts, driversLab, controller.signal);
try {
  await fleet.settled(controller.signal);
  const run = new DriversRun({ wire: fleet.wire, stations: fleet.stations.get(), now: parts.now });
  const printed = new Set<string>();
  run.steps.subscribe((steps) => {
    for (const step of steps) {
      if ((step.type !== 'tried' && step.type !== 'failed') || printed.has(step.driver)) continue;
      printed.add(step.driver);
      console.log(step.driver);
      if (step.type === 'failed') {
        process.exitCode = 1;
        console.log(`  could not be tried: ${messageOf(step.error)}`);
        continue;
      }
      for (const { sentence, holds, evidence } of step.findings) {
        if (!holds) process.exitCode = 1;
        console.log(`  ${holds ? '✓' : '✗'} ${sentence}`);
        if (evidence.type !== 'command' || !holds)
          for (const line of [evidence.place, ...evidence.lines]) console.log(`      ${line}`);
      }
    }
  });
  await run.run(controller.signal);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  fleet.dispose();
}
