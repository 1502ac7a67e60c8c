// npm run machine: a machine in this terminal. `--help` says what it does.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HullError, messageOf } from '../lib/base/hull-error';
import { type Disposable, DisposableStack } from '../lib/base/lifecycle';
import { nodeParts } from '../lib/fleet/node-parts';
import { host, hostSnapshot, profiles } from '../lib/fleet/profiles';
import { bootMachine, startHost, type StartedMachine } from '../lib/fleet/start-machine';
import type { Machine, ShareActivity } from '../lib/machine/machine';
import { type Manifest, manifestSchema } from '../lib/machine/manifest';
import { artifactsFolder } from '../lib/machine/node-platform';
import { type MachineArguments, parseArguments, usage } from './machine/arguments';
import { runCommand } from './machine/command';
import { requireTerminal, runConsole } from './machine/console';
import { publish } from './machine/publish';

/** What `npm run images` laid out; built now if it is not there. */
async function readManifest(): Promise<Manifest> {
  const file = join(artifactsFolder, 'manifest.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return manifestSchema.parse(JSON.parse(text));
  process.stderr.write('The images are not built yet; building them takes some minutes.\n');
  const { buildImages } = await import('../images/build/build-images');
  return buildImages();
}

async function start({ profile, cold }: MachineArguments, signal: AbortSignal): Promise<StartedMachine> {
  const { artifacts } = await readManifest();
  if (profile !== host) return bootMachine(nodeParts, profile, signal);
  const hasSnapshot = artifacts.some(({ name }) => name === hostSnapshot);
  return startHost(nodeParts, hasSnapshot && !cold ? 'snapshot' : 'cold', signal);
}

/** A machine in which nobody speaks the agent's protocol: there is a screen and a keyboard. */
async function startAlone({ profile, command, publications }: MachineArguments, signal: AbortSignal) {
  if (command.length > 0 || publications.length > 0) {
    throw new HullError(
      'bad-argument',
      `A ${profile.name} machine has no agent: it runs no commands and publishes no ports.`,
      'Leave them out to see its screen, or take the profile host.',
    );
  }
  await readManifest();
  const machine = nodeParts.createMachine(profile);
  await machine.powerOn({ type: 'cold' }, signal);
  return machine;
}

function interrupted(): Promise<number> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(0));
  });
}

async function main(): Promise<number> {
  const given = parseArguments(process.argv.slice(2), profiles);
  if (given === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (given.command.length === 0 && given.publications.length === 0) requireTerminal();
  const owned = new DisposableStack();
  const starting = new AbortController();
  const cancel = () =>
    starting.abort(new HullError('interrupted', 'Interrupted before the machine was ready.', ''));
  process.once('SIGINT', cancel);
  try {
    if (given.profile.console === 'screen') {
      const alone = owned.add(await startAlone(given, starting.signal));
      process.off('SIGINT', cancel);
      return await runConsole(alone);
    }
    const { machine, guest } = await start(given, starting.signal);
    process.off('SIGINT', cancel);
    owned.add(machine);
    owned.add(reportShare(machine));
    owned.add(guest);
    for (const publication of given.publications) {
      const { target } = publication;
      const published = owned.add(await publish(guest, publication, (sentence) => console.error(sentence)));
      const to = target.type === 'tcp' ? `port ${target.port}` : target.path;
      console.error(`127.0.0.1:${published.port} leads to ${to} in the guest.`);
    }
    const [program, ...rest] = given.command;
    if (program !== undefined) return await runCommand(guest, [program, ...rest], process);
    if (given.publications.length === 0) return await runConsole(machine);
    return await interrupted();
  } finally {
    owned.dispose();
  }
}

/** The guest learns of an input/output error and no more. */
function reportShare({ share }: Machine): Disposable {
  let told: ShareActivity['failure'];
  return share.subscribe(({ failure }) => {
    if (failure && failure !== told) console.error(`${failure.error.message}\n${failure.error.remedy}`);
    told = failure;
  });
}

/** 127, as of a shell, when the command could not be run. */
function statusOf(error: unknown): number {
  return error instanceof HullError && error.code === 'exec-failed' ? 127 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
    // An input that is still open would keep this program.
    process.stdin.destroy();
  },
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n${error instanceof HullError ? `${error.remedy}\n` : ''}`);
    process.exitCode = statusOf(error);
    process.stdin.destroy();
  },
);
