import { type DriverLab, findNoFrame } from './driver-lab';
import type { Finding } from './proof';

/** A container that is alone. */
export async function proveNone(lab: DriverLab): Promise<readonly Finding[]> {
  const { left, right } = lab;
  await left.tell('docker run -d --name silent --network none busybox sleep 1000');
  const { result, frames } = await lab.watch(async () => [
    await left.find(
      'The container has the loopback interface and no other.',
      'docker exec silent ip -o link',
      ({ worked, output }) => worked && output.split('\n').length === 1 && output.includes(' lo:'),
    ),
    await left.find(
      'There is no way out of it.',
      `docker exec silent ping -c 1 -W 1 ${right.ip}`,
      ({ worked, output }) => !worked && output.includes('Network is unreachable'),
    ),
    await left.find(
      'It still speaks with itself.',
      'docker exec silent ping -c 1 -W 1 127.0.0.1',
      ({ worked }) => worked,
    ),
  ]);
  const findings = [
    ...result,
    findNoFrame(
      'No frame leaves the machine for it.',
      frames,
      // What the machine does of its own accord, such as renewing its lease, is UDP or ARP with the gateway.
      ({ port, direction, layers }) =>
        port === left.port &&
        direction === 'in' &&
        (layers.icmp !== undefined || layers.ipv4?.destination === right.address),
    ),
  ];
  await left.tell('docker rm -f silent');
  return findings;
}
