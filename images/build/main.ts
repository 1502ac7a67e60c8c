// npm run images: the guest's artifacts. `-- --all`, `-- --print STEP` and `-- --verify STEP`: see images/README.md.
import { parseArgs } from 'node:util';
import { HullError, messageOf } from '../../lib/base/hull-error';
import { benchTools, otherRuntime } from './bench-tools';
import { buildImages, buildStep, verifyStep } from './build-images';
import { onRequest, publications, publishedFiles } from './publications';
import type { Step } from './step';
import { sysroot } from './sysroot';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => controller.abort(new Error(`ended by ${name}`)));
}

function findStep(name: string): Step {
  const steps = new Map<string, Step>();
  const add = (step: Step) => {
    steps.set(step.name, step);
    step.needs?.forEach(add);
  };
  for (const { step } of [...publications, ...onRequest, ...publishedFiles]) add(step);
  add(sysroot);
  add(benchTools);
  add(otherRuntime);
  const found = steps.get(name);
  if (!found) throw new Error(`There is no step ${name}. There are: ${[...steps.keys()].join(', ')}`);
  return found;
}

async function buildAll(withRequested: boolean): Promise<void> {
  const manifest = await buildImages(controller.signal, withRequested);
  for (const { name, bytes, compressed } of manifest.artifacts) {
    const packed = compressed ? `, ${(compressed.br / 1e6).toFixed(2)} MB as brotli` : '';
    console.log(`${name.padEnd(14)} ${(bytes / 1e6).toFixed(2)} MB${packed}`);
  }
}

async function verify(name: string): Promise<void> {
  const differing = await verifyStep(findStep(name), controller.signal);
  if (differing.length > 0) throw new Error(`A second build of ${name} differs in ${differing.join(', ')}`);
  console.log(`${name}: two builds gave the same bytes`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { print: { type: 'string' }, verify: { type: 'string' }, all: { type: 'boolean' } },
  });
  if (values.print !== undefined) console.log(await buildStep(findStep(values.print), controller.signal));
  else if (values.verify !== undefined) await verify(values.verify);
  else await buildAll(values.all ?? false);
}

main().catch((error: unknown) => {
  console.error(`\n${messageOf(error)}${error instanceof HullError ? `\n${error.remedy}` : ''}`);
  process.exitCode = 1;
});
