import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeParts } from '../../lib/fleet/node-parts';
import { olderHost } from '../../lib/fleet/profiles';
import { bootMachine, startHost, type StartedMachine } from '../../lib/fleet/start-machine';
import { manifestSchema } from '../../lib/machine/manifest';
import { artifactsFolder } from '../../lib/machine/node-platform';

const { artifacts } = manifestSchema.parse(
  JSON.parse(await readFile(join(artifactsFolder, 'manifest.json'), 'utf8')),
);
const isBuilt = artifacts.some(({ name }) => name === olderHost.boot.kernel);
const title = isBuilt
  ? 'one image on two kernels'
  : 'one image on two kernels (skipped: npm run images -- --all builds the older one, in minutes)';

describe.skipIf(!isBuilt)(title, () => {
  let older: StartedMachine;
  let newer: StartedMachine;
  beforeAll(async () => {
    [older, newer] = await Promise.all([bootMachine(nodeParts, olderHost), startHost(nodeParts, 'snapshot')]);
  });
  afterAll(() => {
    for (const one of [older, newer] as (StartedMachine | undefined)[]) one?.machine.dispose();
  });

  async function tell({ guest }: StartedMachine, command: string): Promise<string> {
    const { status, stdout, stderr } = await guest.run({ argv: ['sh', '-c', command] });
    const [said = '', complained = ''] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    expect([complained, status]).toEqual(['', { type: 'exited', code: 0 }]);
    return said.trim();
  }

  test('a container has the kernel of its host, whatever its image', async () => {
    const release = 'docker run --rm busybox uname -r';
    expect(await tell(older, release)).toMatch(/^6\.1\.\d+-twinhull$/);
    expect(await tell(newer, release)).toMatch(/^6\.12\.\d+-twinhull$/);
    const image = `docker image inspect -f '{{.Id}}' busybox`;
    expect(await tell(older, image)).toBe(await tell(newer, image));
  });

  test('limits, networks and names are there on the older one as well', async () => {
    expect(
      await tell(
        older,
        `docker network create -d bridge red > /dev/null
docker run -d --name server --network red --cpuset-cpus 0 --memory 16m --pids-limit 20 busybox sleep 1000 > /dev/null 2>&1
docker run --rm --network red busybox ping -c 1 -W 5 server | grep received
docker exec server cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpuset.cpus
docker rm -f server > /dev/null; docker network rm red > /dev/null`,
      ),
    ).toBe('1 packets transmitted, 1 packets received, 0% packet loss\n16777216\n20\n0');
  });
});
