import { afterAll, beforeAll, expect, test } from 'vitest';
import { DisposableStack } from '../../lib/base/lifecycle';
import { nodeParts } from '../../lib/fleet/node-parts';
import { repairIdentity, startHost, type StartedMachine } from '../../lib/fleet/start-machine';
import type { CoreWire } from '../../lib/wire/core-wire';
import { createNodeWire } from '../../lib/wire/node-wire';
import { plugIn } from '../../lib/wire/plug-in';

/** Two hosts on one switch, each with the engine's own client. */
interface Node extends StartedMachine {
  name: string;
  /** The trimmed output of a command that must succeed. */
  sh(command: string): Promise<string>;
  /** Runs a command again until it says what is wanted. */
  until(command: string, wanted: RegExp): Promise<string>;
}

const rubbish = new DisposableStack();
let wire: CoreWire;
let one: Node;
let two: Node;

async function startNode(number: number): Promise<Node> {
  const name = `node${number}`;
  const started = await startHost(nodeParts, 'snapshot');
  rubbish.add(started.machine);
  const nic = { mac: `02:00:00:00:00:0${number}`, address: `192.168.7.${number}/24` };
  await repairIdentity(started.guest, nodeParts, nic, name);
  await plugIn(wire, { switch: 'office', port: name }, started.machine);
  const sh = async (command: string) => {
    const { status, stdout, stderr } = await started.guest.run({ argv: ['sh', '-c', command] });
    const [said = '', complained = ''] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (status.type !== 'exited' || status.code !== 0)
      throw new Error(`${name}: ${command}: ${complained}${said}`);
    return said.trim();
  };
  const until = async (command: string, wanted: RegExp) => {
    for (let tries = 1; ; tries++) {
      const said = await sh(command).catch(String);
      if (wanted.test(said)) return said;
      if (tries === 90) throw new Error(`${name}: ${command} says ${said}`);
      await sh('sleep 0.5');
    }
  };
  return { ...started, name, sh, until };
}

beforeAll(async () => {
  wire = rubbish.add(createNodeWire());
  await wire.addSwitch('office');
  [one, two] = await Promise.all([startNode(1), startNode(2)]);
});
afterAll(() => rubbish.dispose());

/** A loaded computer takes long for two machines with a dozen containers. */
const patience = 300_000;

const manager = '192.168.7.1';
const nodes = `docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'`;
const running = `docker service ps -f desired-state=running --format '{{.Name}} {{.Node}} {{.CurrentState}}' web`;

test(
  'two machines form a swarm, whose networks and services reach over the wire',
  async () => {
    await expect(one.sh('docker network create -d overlay early')).rejects.toThrow(
      'This node is not a swarm manager',
    );
    await one.sh(`docker swarm init --advertise-addr ${manager} --dispatcher-heartbeat 2s`);
    const token = await one.sh('docker swarm join-token -q worker');
    await two.sh(`docker swarm join --token ${token} ${manager}:2377`);
    expect((await one.sh(nodes)).split('\n').sort()).toEqual(['node1 Ready Leader', 'node2 Ready']);

    await one.sh('docker network create -d overlay --attachable back');
    await one.sh('docker run -d --name near --network back busybox sleep 1000');
    await two.sh('docker run -d --name far --network back busybox sleep 1000');
    expect(await two.sh('docker exec far ping -c 2 -W 5 near')).toContain('2 packets received');
    expect(await one.sh('docker exec near ping -c 2 -W 5 far')).toContain('2 packets received');
    // An address that one node's container had is the other's now, which has not said a word yet.
    const brief =
      'docker run --rm --network back busybox sh -c "ping -c 1 -W 5 near > /dev/null; hostname -i"';
    const address = await two.sh(brief);
    await one.sh('docker run -d --name moved --network back busybox nc -l -p 80 -e echo here');
    expect(await one.sh('docker exec moved hostname -i')).toBe(address);
    expect(await two.sh(`docker exec far timeout 10 nc ${address} 80`)).toBe('here');
    await one.sh('docker rm -f moved');
    expect(JSON.parse(await one.sh('docker network inspect back'))).toMatchObject([
      {
        Scope: 'swarm',
        Driver: 'overlay',
        Attachable: true,
        IPAM: { Config: [{ Subnet: '10.0.1.0/24', Gateway: '10.0.1.1' }] },
        Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' },
      },
    ]);

    await one.sh(
      'docker service create -d --name web --replicas 2 --network back -p 8080:80 busybox ' +
        // Ends when it is told to, which process 1 does not do by itself.
        `sh -c 'mkdir /w; hostname > /w/index.html; httpd -h /w; trap exit TERM; sleep 1000 & wait'`,
    );
    await one.until('docker service ls', /web +replicated +2\/2/);
    const answers = new Set<string>();
    for (let number = 0; number < 2; number++)
      answers.add(await two.until('docker exec far wget -qO- http://web/', /^[0-9a-f]{12}$/));
    expect(answers.size).toBe(2);
    // The routing mesh: either node answers for both.
    for (const address of [manager, '192.168.7.2'])
      await one.until(`wget -qO- http://${address}:8080/`, /^[0-9a-f]{12}$/);
  },
  patience,
);

test(
  'a node that is cut off is down and its replicas run elsewhere, until it is back',
  async () => {
    const cut = (up: boolean) => wire.changeLink('node2', { in: { up }, out: { up } });
    expect(await one.sh(running)).toMatch(/node2 Running/);
    const cutAt = nodeParts.now();
    await cut(false);
    await one.until(nodes, /node2 Down/);
    await one.until(running, /^web\.\d node1 Running[^\n]*\nweb\.\d node1 Running/);
    // What the far node runs goes on: nobody can tell it to stop.
    expect(await two.sh('docker ps -q | wc -l')).toBe('2');

    while (nodeParts.now() < cutAt + 30_000) await one.sh('sleep 1');
    await cut(true);
    await one.until(nodes, /node2 Ready/);
    // The replica that runs elsewhere now ends here; what the swarm did not start is left alone.
    await two.until(`docker ps --format '{{.Names}}'`, /^far$/);
    expect(await two.sh('docker exec far ping -c 2 -W 5 near')).toContain('2 packets received');
    await one.sh('docker service scale -d web=4');
    await one.until(running, /node2 Running/);
    await one.until('docker service ls', /web +replicated +4\/4/);
  },
  patience,
);

test('a node that leaves is down at once, and nothing stays of the swarm', async () => {
  await two.sh('docker rm -f far && docker swarm leave');
  await one.until(nodes, /node2 Down/);
  await one.until(running, /^(web\.\d node1 Running[^\n]*\n?){4}$/);
  await one.sh('docker service rm web && docker rm -f near && docker swarm leave --force');
  for (const node of [one, two]) {
    expect(await node.sh('docker network ls -q | wc -l')).toBe('3');
    const left = 'docker ps -aq | wc -l; ls /run/docker/netns | wc -l; ls /var/lib/docker/swarm 2>&1 | wc -l';
    expect(await node.sh(left)).toMatch(/^0\s+0\s+1$/);
    expect(await node.sh('ip link')).not.toMatch(/gwbridge|vxlan|veth/);
  }
});
