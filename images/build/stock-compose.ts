import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { goVersion } from './go-programs';
import type { Step } from './step';

const program = 'github.com/docker/compose/v2/cmd';
const version = 'v2.40.3';

/** `docker-compose`: Docker's own plugin for this computer, from its Go module. For tests only. */
export const stockCompose: Step = {
  name: 'stock-compose',
  inputs: async () => ({ go: await goVersion(), [program]: version }),
  async build(job) {
    job.progress(`compiling Docker's compose ${version}, some minutes`);
    const settings = { cwd: job.scratch, signal: job.signal, env: { CGO_ENABLED: '0' } };
    // It excludes versions of others, which `go install` refuses: so it is built as what a module of ours needs.
    await writeFile(join(job.scratch, 'go.mod'), 'module stock-compose\n');
    await run(['go', 'get', `${program}@${version}`], settings);
    const ldflags = `-s -w -X github.com/docker/compose/v2/internal.Version=${version}`;
    const target = join(job.out, 'docker-compose');
    await run(['go', 'build', '-trimpath', `-ldflags=${ldflags}`, '-o', target, program], settings);
  },
};
