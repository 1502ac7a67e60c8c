import { formatAddress, formatMac } from '../../wire/formats/addresses';
import { icmpTypes } from '../../wire/formats/icmp';
import { type DriverLab, findFrame } from './driver-lab';
import type { Finding } from './proof';

/** A container that stands on the wire beside its machine. */
export async function proveMacvlan(lab: DriverLab): Promise<readonly Finding[]> {
  const { left, right } = lab;
  // The upper quarter of the machines' own network, where the gateway gives away no addresses so early.
  const lan = (left.address & 0xffff_ff00) >>> 0;
  const range = `${formatAddress(lan + 192)}/26`;
  await left.tell(
    `docker network create -d macvlan --subnet ${formatAddress(lan)}/24 --ip-range ${range} -o parent=eth0 wire`,
  );
  await left.tell('docker run -d --name onwire --network wire busybox sleep 1000');
  const container = await left.endpoint('onwire', 'wire');
  const ip = formatAddress(container.address);
  const { result, frames } = await lab.watch(() =>
    right.find(
      'Another machine reaches the container by its own address.',
      `ping -c 2 -W 5 ${ip}`,
      ({ worked }) => worked,
    ),
  );
  const known = await lab.readAddresses();
  const macs = known.filter(({ port }) => port === left.port);
  const findings = [
    result,
    findFrame(
      'The answer is the container’s own frame, with its own hardware address.',
      frames,
      ({ port, direction, layers }) =>
        port === left.port &&
        direction === 'in' &&
        layers.icmp?.type === icmpTypes.echoReply &&
        layers.source === container.mac &&
        layers.ipv4?.source === container.address,
    ),
    {
      sentence: 'The switch has learnt two hardware addresses behind one cable.',
      holds: [container.mac, left.mac].every((mac) => macs.some((entry) => entry.mac === formatMac(mac))),
      evidence: {
        type: 'addresses' as const,
        place: 'addresses that the switch knows',
        lines: macs.map(({ mac, port }) => `${mac}  ${port}`),
      },
    },
    await left.find(
      'Its own machine does not reach it.',
      `ping -c 1 -W 1 ${ip}`,
      ({ worked, output }) => !worked && output.includes('100% packet loss'),
    ),
  ];
  await left.tell('docker rm -f onwire && docker network rm wire');
  return findings;
}
