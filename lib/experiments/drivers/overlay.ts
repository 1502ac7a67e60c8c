import { vxlanPort } from '../../wire/formats/vxlan';
import { type DriverLab, findFrame, findNoFrame } from './driver-lab';
import { isEcho, names } from './frame-words';
import type { Finding } from './proof';

/** Docker numbers its overlays from here; smaller numbers are left to others. */
const firstVni = 4096;

/** Both machines as a swarm, and a network over both with a container on each. */
export async function proveOverlay(lab: DriverLab): Promise<readonly Finding[]> {
  const { left, right } = lab;
  const refused = await left.find(
    'Without a swarm there is no overlay network.',
    'docker network create -d overlay early',
    ({ worked, output }) => !worked && output.includes('not a swarm manager'),
  );
  await left.tell(`docker swarm init --advertise-addr ${left.ip}`);
  const token = await left.tell('docker swarm join-token -q worker');
  await right.tell(`docker swarm join --token ${token} ${left.ip}:2377`);
  await left.tell('docker network create -d overlay --attachable across');
  await left.tell('docker run -d --name near --network across busybox sleep 1000');
  await right.tell('docker run -d --name far --network across busybox sleep 1000');
  const near = await left.endpoint('near', 'across');
  const far = await right.endpoint('far', 'across');
  const { result, frames } = await lab.watch(() =>
    right.findSoon(
      'A container on one machine finds one on the other by its name, and reaches it.',
      'docker exec far ping -c 1 -W 5 near',
      ({ worked }) => worked,
    ),
  );
  const findings = [
    refused,
    result,
    findFrame(
      'On the wire their frame travels inside of a datagram from machine to machine (VXLAN).',
      frames,
      ({ layers: { ipv4, udp, vxlan } }) =>
        ipv4?.source === right.address &&
        ipv4.destination === left.address &&
        udp?.destinationPort === vxlanPort &&
        vxlan !== undefined &&
        vxlan.vni >= firstVni &&
        vxlan.inner.source === far.mac &&
        vxlan.inner.destination === near.mac &&
        vxlan.inner.ipv4?.source === far.address &&
        vxlan.inner.ipv4.destination === near.address &&
        isEcho(vxlan.inner),
    ),
    findNoFrame('Their addresses are not seen outside of it.', frames, ({ layers }) =>
      [near, far].some(({ address }) => names(layers, address)),
    ),
  ];
  await right.tell('docker rm -f far && docker swarm leave');
  await left.tell('docker rm -f near && docker swarm leave --force');
  return findings;
}
