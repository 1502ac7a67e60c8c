// npm run images: the guest's artifacts. With `-- --print STEP`, one step only, and where its output is.
import { parseArgs } from 'node:util';
import { HullError, messageOf } from '../../lib/base/hull-error';
import { benchTools } from './bench-tools';
import { buildImages, buildStep } from './build-images';
import { publications } from './publications';
import type { Step } from './step';
import { sysroot } from './sysroot';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => controller.abort(new Error(`ended by ${name}`)));
}

function allSteps(): Map<string, Step> {
  const steps = new Map<string, Step>();
  const add = (step: Step) => {
    steps.set(step.name, step);
    step.needs?.forEach(add);
  };
  for (const { step } of publications) add(step);
  add(sysroot);
  add(benchTools);
  return steps;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { print: { type: 'string' } } });
  if (values.print === undefined) {
    const manifest = await buildImages(controller.signal);
    for (const { name, bytes, compressed } of manifest.artifacts) {
      const packed = compressed ? `, ${(compressed.br / 1e6).toFixed(2)} MB as brotli` : '';
      console.log(`${name.padEnd(14)} ${(bytes / 1e6).toFixed(2)} MB${packed}`);
    }
    return;
  }
  const step = allSteps().get(values.print);
  if (!step) throw new Error(`no step ${values.print}; there are: ${[...allSteps().keys()].join(', ')}`);
  console.log(await buildStep(step, controller.signal));
}

main().catch((error: unknown) => {
  console.error(`\n${messageOf(error)}${error instanceof HullError ? `\n${error.remedy}` : ''}`);
  process.exitCode = 1;
});
