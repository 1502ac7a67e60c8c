import { join } from 'node:path';
import { checkout } from './checkout';
import { run } from './command';
import { digestSources } from './digest';
import { goModule, goVersion } from './go-programs';
import type { Step } from './step';

/** Programs that make images, stores and registries, by the packages that decide what these look like. */
const programs = ['hull-bake', 'hull-preload', 'hull-registry'] as const;
const packages = [
  'go.mod',
  'build',
  'hashing',
  'image',
  'registry',
  ...programs.map((name) => `cmd/${name}`),
];

type ImageTool = (typeof programs)[number];

/** Programs of the engine for this computer. They work on images without running anything. */
export const imageTools: Step = {
  name: 'image-tools',
  inputs: async () => ({
    'image tools with go': await goVersion(),
    'image tools': await digestSources(
      checkout,
      packages.map((path) => `${goModule}/${path}`),
    ),
  }),
  async build(job) {
    job.progress('compiling');
    await run(
      [
        'go',
        'build',
        '-trimpath',
        '-buildvcs=false',
        '-ldflags=-s -w -buildid=',
        '-o',
        `${job.out}/`,
        ...programs.map((name) => `./cmd/${name}`),
      ],
      {
        cwd: join(checkout, goModule),
        signal: job.signal,
        env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      },
    );
  },
};

/**
 * Runs one of them. Files in images belong to root, so whoever is not root is made one for as long as it takes, by a
 * user namespace.
 */
export async function runImageTool(
  folder: string,
  tool: ImageTool,
  given: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const command = [join(folder, tool), ...given] as const;
  if (process.getuid?.() === 0) return run([...command], { signal });
  return run(['unshare', '--user', '--map-root-user', ...command], { signal });
}
