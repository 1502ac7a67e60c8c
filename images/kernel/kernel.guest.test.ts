import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeParts } from '../../lib/fleet/node-parts';
import { startHost } from '../../lib/fleet/start-machine';
import type { Guest } from '../../lib/guest/guest';
import type { Machine } from '../../lib/machine/machine';

let machine: Machine;
let guest: Guest;
beforeAll(async () => {
  ({ machine, guest } = await startHost(nodeParts, 'snapshot'));
});
afterAll(() => machine.dispose());

async function sh(script: string): Promise<string> {
  const { stdout, stderr, status } = await guest.run({ argv: ['sh', '-ec', script] });
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  expect([text(stderr), status]).toEqual(['', { type: 'exited', code: 0 }]);
  return text(stdout).trim();
}

test('its version carries nothing of the build that made it', async () => {
  expect(await sh('cat /proc/version')).toMatch(/-twinhull \(twinhull@twinhull\) .* #1 1970-01-01$/);
});

test('all namespaces can be had', async () => {
  const kinds = await sh('ls /proc/self/ns');
  expect(kinds.split('\n').filter((kind) => !kind.includes('_for_'))).toEqual([
    'cgroup',
    'ipc',
    'mnt',
    'net',
    'pid',
    'time',
    'user',
    'uts',
  ]);
});

test('cgroups have the controllers that a container is limited with', async () => {
  const controllers = (await sh('cat /sys/fs/cgroup/cgroup.controllers')).split(' ');
  expect(controllers).toEqual(expect.arrayContaining(['cpuset', 'cpu', 'memory', 'pids']));
});

test('a cpuset is applied, and one without processors that exist is refused', async () => {
  const script = `
    mkdir /sys/fs/cgroup/cpus
    echo 0 > /sys/fs/cgroup/cpus/cpuset.cpus
    cat /sys/fs/cgroup/cpus/cpuset.cpus.effective
    ! echo 7 2>/dev/null > /sys/fs/cgroup/cpus/cpuset.cpus || echo taken
    rmdir /sys/fs/cgroup/cpus`;
  expect(await sh(`(${script}) 2>/dev/null`)).toBe('0');
});

test('what takes more memory than its cgroup may have is killed, and the machine goes on', async () => {
  const group = '/sys/fs/cgroup/greedy';
  const killed = await sh(`
    mkdir ${group}; echo 4M > ${group}/memory.max
    sh -c 'echo $$ > ${group}/cgroup.procs; exec tail /dev/zero' > /dev/null 2>&1 || echo $?
    grep oom_kill' ' ${group}/memory.events; rmdir ${group}`);
  expect(killed.split('\n')).toEqual(['137', 'oom_kill 1']);
});

describe('links of containers and machines', () => {
  test.each([
    ['bridge', 'ip link add test0 type bridge'],
    ['dummy', 'ip link add test0 type dummy'],
    ['veth', 'ip link add test0 type veth'],
    ['macvlan', 'ip link add link eth0 name test0 type macvlan'],
    ['ipvlan', 'ip link add link eth0 name test0 type ipvlan'],
    ['vlan', 'ip link add link eth0 name test0 type vlan id 7'],
  ])('%s', async (_, command) => {
    expect(await sh(`${command}; cat /sys/class/net/test0/operstate; ip link del test0`)).toMatch(
      /down|unknown/,
    );
  });
});

test('overlayfs lies over a tmpfs', async () => {
  const seen = await sh(`
    mkdir /tmp/o; mount -t tmpfs none /tmp/o; cd /tmp/o; mkdir lower upper work merged; echo below > lower/file
    mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work merged
    echo above > merged/file; cat lower/file upper/file; cd /; umount /tmp/o/merged /tmp/o`);
  expect(seen).toBe('below\nabove');
});

test('files of the page can be reached through 9p', async () => {
  expect(await sh('cat /proc/filesystems')).toMatch(/\t9p$/m);
});

test('seccomp filters are there, with the actions that runtimes use', async () => {
  const actions = (await sh('cat /proc/sys/kernel/seccomp/actions_avail')).split(' ');
  expect(actions).toEqual(expect.arrayContaining(['kill_process', 'errno', 'log', 'allow']));
});

test('the configuration that it was built with can be read', async () => {
  expect(await sh('zcat /proc/config.gz')).toContain('CONFIG_COMPAT_32BIT_TIME=y');
});
