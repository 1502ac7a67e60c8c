import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine, withoutDocker } from './engine-fixture';

/** In the guest, with its own client, which starts in a hundredth of what a container costs. */
const cycles = 500;

// Different kinds, so that everything that a container can have is taken and given back a hundred times.
const kinds = [
  'docker run --rm busybox true',
  'docker run --rm -p 8080:80 -v /anonymous --tmpfs /t busybox true',
  'docker run --rm --network made --init busybox true',
  'docker run -d --name again busybox sleep 1000 && docker exec again true && docker rm -f again',
  'docker create --name again busybox true && docker start again && docker wait again && docker rm again',
];

// What there is: one line each. Numbers of processes differ, their programs do not.
const inventory = {
  mounts: 'cut -d" " -f5 /proc/self/mountinfo | sort',
  cgroups: 'find /sys/fs/cgroup -type d | sort',
  links: 'ls /sys/class/net | sort',
  processes: 'for p in /proc/[0-9]*; do [ ! -e $p/exe ] || [ $p = /proc/$$ ] || echo $p; done',
  descriptors: 'ls -l /proc/$(pidof hulld)/fd | sed "s/.* -> //; s/[0-9]//g" | sort',
  files: 'find /run /var/lib/docker /var/run /tmp | sort',
  rules: '/usr/share/twinhull/tools/bin/nft list ruleset | grep -v "counter packets"',
};

describe.skipIf(withoutDocker)(`leftovers${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
    await engine.tell('network', 'create', 'made');
  });
  afterAll(() => engine.dispose());

  const run = (count: number) =>
    engine.host(
      `i=0; while [ $i -lt ${count} ]; do { ${kinds.join(' && ')}; } >/dev/null || exit 1; i=$((i + 1)); done`,
    );
  const take = async () => {
    const found: Record<string, string[]> = {};
    for (const [name, command] of Object.entries(inventory))
      found[name] = (await engine.host(command)).split('\n');
    return found;
  };

  test(`${cycles} containers leave nothing behind`, async () => {
    // What is made once: the bridge's neighbours, the compiled filter, the engine's own threads and idle connections.
    await run(2);
    const before = await take();
    await run(cycles / kinds.length);
    // What the last one had may still be on its way.
    await expect.poll(take, { timeout: 60_000, interval: 500 }).toEqual(before);
    expect(await engine.tell('ps', '-aq')).toBe('');
    expect(await engine.tell('volume', 'ls', '-q')).toBe('');
  }, 600_000);
});
