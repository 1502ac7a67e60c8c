import { formatAddress } from '../../wire/formats/addresses';
import { type DriverLab, findFrame, findNoFrame } from './driver-lab';
import { isEcho, names, opens } from './frame-words';
import { servePage } from './serve-page';
import type { Finding } from './proof';

/** Two networks on one machine: `red` with two containers, one of which is published, and `blue` with one. */
export async function proveBridge(lab: DriverLab): Promise<readonly Finding[]> {
  const { left, right } = lab;
  await left.tell(`set -e
docker network create red
docker network create blue
docker run -d --name red-1 --network red busybox sleep 1000
docker run -d --name red-2 --network red -p 8081:80 busybox ${servePage('red')}
docker run -d --name blue-1 --network blue busybox sleep 1000`);
  const container = await left.endpoint('red-1', 'red');
  const server = await left.endpoint('red-2', 'red');
  const other = await left.endpoint('blue-1', 'blue');

  const inside = await lab.watch(async () => [
    await left.find(
      'Containers on one network reach each other by name.',
      'docker exec red-1 ping -c 1 -W 5 red-2',
      ({ worked }) => worked,
    ),
    await left.find(
      'A container on another network is not reached.',
      `docker exec red-1 ping -c 1 -W 1 ${formatAddress(other.address)}`,
      ({ worked, output }) => !worked && output.includes('100% packet loss'),
    ),
  ]);
  const outwards = await lab.watch(() =>
    left.find(
      'Containers reach what their machine reaches.',
      `docker exec red-1 ping -c 1 -W 5 ${right.ip}`,
      ({ worked }) => worked,
    ),
  );
  const inwards = await lab.watch(async () => [
    await right.findSoon(
      'A published port is one of the machine’s, for everybody on its network.',
      `wget -qO- http://${left.ip}:8081/`,
      ({ output }) => output === 'red',
    ),
    await right.find(
      'A port that is not published is closed.',
      `wget -qO- http://${left.ip}/`,
      ({ worked }) => !worked,
    ),
  ]);
  const isOfContainers = ({ layers }: (typeof inwards.frames)[number]) =>
    [container, server, other].some(({ address }) => names(layers, address));
  const findings = [
    ...inside.result,
    findNoFrame(
      'None of that leaves the machine: the bridge is inside.',
      inside.frames,
      ({ layers }) => isEcho(layers) || isOfContainers({ port: '', direction: 'in', layers }),
    ),
    outwards.result,
    findFrame(
      'On the wire the sender is the machine: the container’s address was replaced (NAT).',
      outwards.frames,
      ({ port, direction, layers }) =>
        port === left.port &&
        direction === 'in' &&
        isEcho(layers) &&
        layers.source === left.mac &&
        layers.ipv4?.source === left.address,
    ),
    ...inwards.result,
    findFrame(
      'What comes for the published port is addressed to the machine.',
      inwards.frames,
      ({ port, direction, layers }) =>
        port === left.port &&
        direction === 'out' &&
        opens(layers, 8081) &&
        layers.ipv4?.destination === left.address,
    ),
    findNoFrame(
      'No container’s address is ever seen on the wire.',
      [...inside.frames, ...outwards.frames, ...inwards.frames],
      isOfContainers,
    ),
  ];
  await left.tell('docker rm -f red-1 red-2 blue-1 && docker network rm red blue');
  return findings;
}
