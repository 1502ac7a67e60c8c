import { afterAll, beforeAll, expect } from 'vitest';
import { nodeParts } from '../../../lib/fleet/node-parts';
import { type StartedMachine, startHost } from '../../../lib/fleet/start-machine';
import type { Guest } from '../../../lib/guest/guest';
import { mergeJson } from './merge-json';

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A booted host, and bundles in it that are made for one test. */
export class RuntimeHost {
  private bundles = 0;

  constructor(readonly guest: Guest) {}

  /** Runs a script on the host; it must succeed. */
  async sh(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.run('sh', '-ec', script);
    expect({ code, stderr }, script).toEqual({ code: 0, stderr: '' });
    return stdout.trim();
  }

  async run(...argv: [string, ...string[]]): Promise<Outcome> {
    const { status, stdout, stderr } = await this.guest.run({ argv });
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return {
      code: status.type === 'exited' ? status.code : 128 + status.signal,
      stdout: text(stdout),
      stderr: text(stderr),
    };
  }

  hullrun(...argv: string[]): Promise<Outcome> {
    return this.run('hullrun', ...argv);
  }

  /**
   * A bundle with `hullrun spec`'s configuration, without terminal, changed by `changes` (RFC 7396), and a root of its own
   * that the test may spoil.
   * @returns its path
   */
  async bundle(changes: unknown): Promise<string> {
    const path = `/tmp/bundle-${++this.bundles}`;
    await this.sh(`mkdir -p ${path}/rootfs && cd ${path}/rootfs
      mkdir dev proc sys run var; mkdir -m 700 root; mkdir -m 1777 tmp
      cp -al /bin . && cp -a /etc .
      hullrun spec --bundle ${path}`);
    const spec: unknown = JSON.parse(await this.sh(`cat ${path}/config.json`));
    const config = mergeJson(mergeJson(spec, { process: { terminal: false } }), changes);
    await this.guest.writeFile(`${path}/config.json`, new TextEncoder().encode(JSON.stringify(config)));
    return path;
  }

  /** Runs a script in a new container to its end. */
  async runScript(script: string, changes: unknown = {}): Promise<Outcome> {
    const bundle = await this.bundle(mergeJson({ process: { args: ['sh', '-c', script] } }, changes));
    return this.hullrun('run', '--bundle', bundle, 'script');
  }

  /** Runs `body` while a container of that name sleeps. */
  async whileRunning(id: string, bundle: string, body: () => Promise<void>): Promise<void> {
    expect(await this.hullrun('run', '--detach', '--bundle', bundle, id)).toMatchObject({
      code: 0,
      stderr: '',
    });
    try {
      await body();
    } finally {
      await this.hullrun('delete', '--force', id);
    }
  }
}

/** One machine for a test file. */
export function bootRuntimeHost(): { readonly host: RuntimeHost } {
  let started: StartedMachine;
  let host: RuntimeHost;
  beforeAll(async () => {
    started = await startHost(nodeParts, 'cold');
    host = new RuntimeHost(started.guest);
  });
  afterAll(() => {
    started.guest.dispose();
    started.machine.dispose();
  });
  return {
    get host() {
      return host;
    },
  };
}
