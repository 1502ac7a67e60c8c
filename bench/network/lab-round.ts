import { driversLab } from '../../lib/experiments/network-drivers';
import { Fleet, type FleetParts } from '../../lib/fleet/fleet';
import type { Guest } from '../../lib/guest/guest';

const streams = 3;
const megabytes = 40;
/** For one command in a guest. */
const patienceMs = 40_000;

export type Way = 'machine to machine' | 'one bridge' | 'overlay';

export interface LabSamples {
  /** From the start of both hosts to the first answer over the overlay network. */
  swarmSeconds: number;
  pullSeconds: number;
  /** MB/s, one stream after the other. */
  speeds: Record<Way, number[]>;
}

/**
 * Two hosts on a switch with the gateway, and what somebody waits for who types Docker's commands there. A lab of its own each
 * time: a swarm is made once, and what was pulled is there.
 */
export async function measureLab(
  parts: FleetParts,
  program: Uint8Array,
  report: (text: string) => void,
): Promise<LabSamples> {
  const { signal } = new AbortController();
  const speeds: LabSamples['speeds'] = { 'machine to machine': [], 'one bridge': [], overlay: [] };
  const startedAt = performance.now();
  const seconds = (since: number) => (performance.now() - since) / 1e3;
  const fleet = await Fleet.start(parts, driversLab, signal);
  try {
    await fleet.settled(signal);
    const [left, right] = fleet.stations.get().map(({ guest }) => guest);
    if (!left || !right) throw new Error('the lab has not two machines');
    report(`both are up after ${seconds(startedAt).toFixed(1)} s`);

    const address = await sh(left, "ip -4 address show eth0 | sed -n 's/.*inet \\([0-9.]*\\).*/\\1/p'");
    await sh(left, `docker swarm init --advertise-addr ${address}`);
    const token = await sh(left, 'docker swarm join-token -q worker');
    await sh(right, `docker swarm join --token ${token} ${address}:2377`);
    report(`the swarm has both after ${seconds(startedAt).toFixed(1)} s`);
    await sh(left, 'docker network create -d overlay --attachable back');
    // Neither waits for the other, as two people in front of two machines would not.
    await Promise.all([
      sh(left, 'docker run -d --name near --network back busybox sleep 1000'),
      sh(right, 'docker run -d --name far --network back busybox sleep 1000'),
    ]);
    await sh(right, 'docker exec far sh -c "until ping -c 1 -W 1 near; do sleep 0.1; done"');
    const swarmSeconds = seconds(startedAt);
    report(`ping over the overlay after ${swarmSeconds.toFixed(1)} s`);

    const pullAt = performance.now();
    await sh(left, 'docker pull -q nginx');
    const pullSeconds = seconds(pullAt);
    report(`docker pull nginx: ${pullSeconds.toFixed(1)} s`);

    for (const guest of [left, right]) await guest.writeFile('/tmp/hulltraffic', program, { mode: 0o755 });
    await sh(left, 'docker network create local');
    const measure = async (
      way: Way,
      from: Guest,
      receive: string,
      send: (to: string) => string,
      to: string,
    ) => {
      for (let run = 0; run <= streams; run += 1) {
        await sh(left, receive);
        const said = await sh(from, send(to === '' ? await sinkAddress(left) : to));
        const [bytes = NaN, us = NaN] = said.split(' ').map(Number);
        report(`${way}: ${(bytes / us).toFixed(1)} MB/s`);
        // The first run warms up: what is busy is compiled.
        if (run > 0) speeds[way].push(bytes / us);
        await sh(left, 'docker rm -f sink > /dev/null 2>&1; rm -f /tmp/ready');
      }
    };
    const inContainer = (network: string) =>
      `docker run --network ${network} -v /tmp/hulltraffic:/hulltraffic busybox /hulltraffic`;
    const sink = (network: string) =>
      `${inContainer(network).replace('run', 'run -d --name sink')} receive 5001 > /dev/null
       until docker logs sink | grep -q ready; do :; done`;
    const source = (network: string) => (to: string) =>
      `${inContainer(network).replace('run', 'run --rm')} send ${to} 5001 ${megabytes}`;
    await measure(
      'machine to machine',
      right,
      '/tmp/hulltraffic receive 5001 > /tmp/ready 2>&1 < /dev/null & until grep -q ready /tmp/ready; do :; done',
      (to) => `/tmp/hulltraffic send ${to} 5001 ${megabytes}`,
      address,
    );
    await measure('one bridge', left, sink('local'), source('local'), '');
    await measure('overlay', right, sink('back'), source('back'), '');
    return { swarmSeconds, pullSeconds, speeds };
  } finally {
    fleet.dispose();
  }
}

function sinkAddress(guest: Guest): Promise<string> {
  return sh(guest, `docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' sink`);
}

async function sh(guest: Guest, script: string): Promise<string> {
  const patience = AbortSignal.timeout(patienceMs);
  const { status, stdout, stderr } = await guest
    .run({ argv: ['sh', '-c', script] }, patience)
    .catch((cause: unknown) => {
      throw new Error(`${script} has not ended in ${patienceMs / 1e3} s`, { cause });
    });
  const [said = '', complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (status.type !== 'exited' || status.code !== 0) throw new Error(`${script}: ${complained}`);
  return said.trim();
}
