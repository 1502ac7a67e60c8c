import { expect, test } from 'vitest';
import { formatAddress } from '../formats/addresses';
import {
  addressOption,
  dhcpMessageTypes as types,
  dhcpOptions,
  messageType,
  textOption,
  words,
} from '../formats/dhcp';
import { askDhcp, TestWire } from './gateway-fixture';

const text = (value: string) => new TextEncoder().encode(value);
const mac = (number: number) => 0x0200_0000_0000 + number;

/** The whole conversation. @returns the address */
async function lease(wire: TestWire, number: number, name?: string): Promise<number | undefined> {
  const offer = await askDhcp(wire, { mac: mac(number), type: types.discover });
  if (!offer) return undefined;
  const ack = await askDhcp(wire, {
    mac: mac(number),
    type: types.request,
    options: [
      [dhcpOptions.requestedAddress, words(offer.yiaddr)],
      [dhcpOptions.serverIdentifier, words(wire.gateway.address)],
      ...(name === undefined ? [] : [[dhcpOptions.hostName, text(name)] as [number, Uint8Array]]),
    ],
  });
  expect(ack && messageType(ack)).toBe(types.ack);
  expect(ack?.yiaddr).toBe(offer.yiaddr);
  return ack?.yiaddr;
}

test('a machine gets an address, and all that it needs to use it', async () => {
  const wire = new TestWire();
  const offer = await askDhcp(wire, { mac: mac(1), type: types.discover });
  expect(offer && formatAddress(offer.yiaddr)).toBe('10.0.0.10');
  expect(offer && addressOption(offer, dhcpOptions.subnetMask)).toBe(0xffff_ff00);
  for (const code of [dhcpOptions.router, dhcpOptions.domainNameServer, dhcpOptions.ntpServers])
    expect(offer && addressOption(offer, code)).toBe(wire.gateway.address);
  expect(offer && textOption(offer, dhcpOptions.domainName)).toBe('twinhull');
  expect(wire.gateway.leases()).toEqual([]);
  await lease(wire, 1, 'One.example');
  await lease(wire, 2, 'one');
  await lease(wire, 3, '§§§');
  expect(wire.gateway.leases().map(({ hostName }) => hostName)).toEqual(['one', 'one-2', '']);
});

test('a lease is renewed, comes back after it ran out, and is free once it is released', async () => {
  const wire = new TestWire({ leaseSeconds: 100 });
  const address = await lease(wire, 1, 'one');
  await wire.simulation.pass(90_000);
  const renewed = await askDhcp(wire, { mac: mac(1), type: types.request, ciaddr: address ?? 0 });
  expect(renewed && messageType(renewed)).toBe(types.ack);
  await wire.simulation.pass(90_000);
  expect(wire.gateway.leases().length).toBe(1);
  await wire.simulation.pass(20_000);
  expect(wire.gateway.leases()).toEqual([]);
  expect(await lease(wire, 1)).toBe(address);
  await askDhcp(wire, { mac: mac(2), type: types.release, ciaddr: address ?? 0 });
  expect(wire.gateway.leases().length).toBe(1);
  await askDhcp(wire, { mac: mac(1), type: types.release, ciaddr: address ?? 0 });
  expect(wire.gateway.leases()).toEqual([]);
  expect(wire.gateway.counters.dhcp).toMatchObject({ released: 1, acknowledged: 3 });
});

test("what is not ours, or somebody else's, is refused; what is declined is not given again", async () => {
  const wire = new TestWire();
  const address = (await lease(wire, 1)) ?? 0;
  for (const wanted of [address, 0xc0a8_0001, wire.gateway.address]) {
    const answer = await askDhcp(wire, {
      mac: mac(2),
      type: types.request,
      options: [[dhcpOptions.requestedAddress, words(wanted)]],
    });
    expect(answer && messageType(answer)).toBe(types.nak);
  }
  const decline = [[dhcpOptions.requestedAddress, words(address)]] as [number, Uint8Array][];
  await askDhcp(wire, { mac: mac(1), type: types.decline, options: decline });
  expect(await lease(wire, 1)).toBe(address + 1);
});

test('when all are given away, others get no answer and those who have one keep it', async () => {
  const wire = new TestWire({ subnet: { address: 0x0a00_0000, prefixLength: 28 }, leaseSeconds: 60 });
  const given: (number | undefined)[] = [];
  for (let number = 1; number <= 6; number++) given.push(await lease(wire, number));
  expect(given.map((address) => address && address & 15)).toEqual([10, 11, 12, 13, 14, undefined]);
  expect(wire.gateway.counters.dhcp.exhausted).toBe(1);
  expect(await lease(wire, 3)).toBe(given[2]);
  await wire.simulation.pass(61_000);
  expect(await lease(wire, 6)).toBe(given[0]);
});
