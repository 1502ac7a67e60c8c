import { type DriverLab, findFrame } from './driver-lab';
import { opens } from './frame-words';
import { servePage } from './serve-page';
import type { Finding } from './proof';

/** A container without a network of its own. */
export async function proveHost(lab: DriverLab): Promise<readonly Finding[]> {
  const { left, right } = lab;
  const interfaces = 'ip -4 -o addr';
  await left.tell(`docker run -d --name shared --network host busybox ${servePage('host', 8082)}`);
  const own = await left.tell(interfaces);
  const { result, frames } = await lab.watch(() =>
    right.findSoon(
      'A port that it listens on is the machine’s, without being published.',
      `wget -qO- http://${left.ip}:8082/`,
      ({ output }) => output === 'host',
    ),
  );
  const findings = [
    await left.find(
      'The container sees the interfaces and addresses of its machine.',
      `docker exec shared ${interfaces}`,
      ({ output }) => output === own && output.includes(left.ip),
    ),
    result,
    await left.find(
      'The machine itself lists the container’s port among its own.',
      'netstat -ltn 2> /dev/null | grep :8082',
      ({ worked }) => worked,
    ),
    findFrame(
      'On the wire there is only the machine.',
      frames,
      ({ port, direction, layers }) =>
        port === left.port &&
        direction === 'out' &&
        opens(layers, 8082) &&
        layers.destination === left.mac &&
        layers.ipv4?.destination === left.address,
    ),
  ];
  await left.tell('docker rm -f shared');
  return findings;
}
