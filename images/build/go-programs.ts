import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import type { Step } from './step';

/** Where the engine's Go module is. */
export const goModule = 'images/engine';

let version: Promise<string> | undefined;

/** The Go compiler that the module asks for; go(1) itself gets it when it is newer than the one on this computer. */
export function goVersion(): Promise<string> {
  version ??= run(['go', 'version'], { cwd: join(checkout, goModule) }).catch((error: unknown) => {
    throw new Error(
      'The container engine is written in Go, and there is no `go` that can build it. ' +
        'Install Go 1.21 or newer: with it, go gets the version that the engine needs by itself.',
      { cause: error },
    );
  });
  return version;
}

/**
 * Go programs of the guest, static, for i686. The output is a tree that lies over the root.
 * @param places by the program's folder in images/engine/cmd, where its binary goes
 */
export function goPrograms(name: string, places: Readonly<Record<string, string>>): Step {
  return {
    name,
    inputs: async () => ({
      go: await goVersion(),
      [goModule]: await digestSources(checkout, [goModule, 'images/build/go-programs.ts']),
      programs: JSON.stringify(places),
    }),
    async build(job) {
      for (const [program, place] of Object.entries(places)) {
        job.progress(`compiling ${program}`);
        // No paths, no version control and no build id in the program, so that it comes out the same everywhere.
        await run(
          [
            'go',
            'build',
            '-trimpath',
            '-buildvcs=false',
            '-ldflags=-s -w -buildid=',
            '-o',
            join(job.out, place),
            `./cmd/${program}`,
          ],
          {
            cwd: join(checkout, goModule),
            signal: job.signal,
            env: { GOOS: 'linux', GOARCH: '386', CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
          },
        );
      }
    },
  };
}
