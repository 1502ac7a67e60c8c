import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../../lib/base/lifecycle';
import { nodeParts } from '../../lib/fleet/node-parts';
import { startHost } from '../../lib/fleet/start-machine';
import type { Guest } from '../../lib/guest/guest';
import { publish } from '../../scripts/machine/publish';
import { otherRuntime } from '../build/bench-tools';
import { buildStep } from '../build/build-images';
import {
  ask,
  type Answer,
  type Followed,
  follow,
  followOnTerminal,
  onPort,
  type OnTerminal,
  type Ran,
  runClient,
} from './stock-client';

export { withoutDocker } from './stock-client';

/** A host whose engine answers on a port of this computer. */
export interface Engine extends Disposable {
  guest: Guest;
  port: number;
  /** Runs the stock command line client. A failure is a value: its exit code. */
  docker(...argv: string[]): Promise<Ran>;
  /** As `docker`, with something on its standard input. */
  feed(stdin: string | Uint8Array, ...argv: string[]): Promise<Ran>;
  /** The trimmed standard output of a command that must succeed. */
  tell(...argv: string[]): Promise<string>;
  /** Starts a client that goes on by itself: `logs -f`, `events`. */
  follow(...argv: string[]): Followed;
  /** As `follow`, on a terminal: `run -it`. */
  onTerminal(...argv: string[]): OnTerminal;
  /** Asks the API without a client: GET /v1.44/containers/json. */
  api(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The trimmed output of a shell command on the host, which must succeed. */
  host(command: string): Promise<string>;
}

/** OCI runtimes that the engine is tested with: ours, and Debian's in its place. */
export const runtimes = ['hullrun', 'crun'] as const;

/** Boots a host and waits for its engine, which has an image busybox:latest. */
export async function startEngine(runtime: (typeof runtimes)[number] = 'hullrun'): Promise<Engine> {
  const { machine, guest } = await startHost(nodeParts, 'cold');
  try {
    if (runtime === 'crun') await putCrunInPlace(guest);
    const problems: string[] = [];
    // init listens there before the engine does, so the first client waits.
    const target = { type: 'unix', path: '/run/docker.sock' } as const;
    const publisher = await publish(guest, { hostPort: 0, target }, (problem) => problems.push(problem));
    const engine = connect(guest, publisher.port, () => {
      publisher.dispose();
      machine.dispose();
    });
    const { status } = await engine.api('GET', '/v1.44/images/busybox/json');
    if (status !== 200) throw new Error(`the engine has no busybox: ${status} ${problems.join('\n')}`);
    return engine;
  } catch (error) {
    machine.dispose();
    throw error;
  }
}

async function putCrunInPlace(guest: Guest): Promise<void> {
  const archive = await readFile(join(await buildStep(otherRuntime), 'root.cpio'));
  const script = 'cd / && busybox cpio -idu && mount --bind /usr/bin/crun /usr/bin/hullrun';
  const { status, stderr } = await guest.run({ argv: ['sh', '-ec', script], stdin: archive });
  if (status.type !== 'exited' || status.code !== 0) {
    throw new Error(`crun was not put into hullrun’s place: ${new TextDecoder().decode(stderr)}`);
  }
}

function connect(guest: Guest, port: number, dispose: () => void): Engine {
  const docker = (...argv: string[]) => runClient(port, argv);
  return {
    guest,
    port,
    docker,
    dispose,
    feed: (stdin, ...argv) => runClient(port, argv, stdin),
    async tell(...argv) {
      const { code, stdout, stderr } = await docker(...argv);
      if (code !== 0) throw new Error(`docker ${argv.join(' ')}: exit code ${code}: ${stderr}${stdout}`);
      return stdout.trim();
    },
    follow: (...argv) => follow(port, argv),
    onTerminal: (...argv) => followOnTerminal(onPort(port), argv),
    api: (method, path, body) => ask(port, method, path, body),
    async host(command) {
      const { status, stdout, stderr } = await guest.run({ argv: ['sh', '-c', command] });
      const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
      if (status.type !== 'exited' || status.code !== 0) {
        throw new Error(`${command}: ${JSON.stringify(status)} ${complained} ${said}`);
      }
      return said ?? '';
    },
  };
}
