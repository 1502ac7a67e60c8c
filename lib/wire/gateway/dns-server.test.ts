import { expect, test } from 'vitest';
import {
  dnsCodes,
  type DnsMessage,
  dnsPort,
  dnsTypes,
  extendedErrorOption,
  parseExtendedError,
} from '../formats/dns';
import { dhcpMessageTypes, dhcpOptions, words } from '../formats/dhcp';
import { askDhcp, askDns, TestWire } from './gateway-fixture';

const client = 0x0a00_0005;

/** The sentence of an answer, which must be the same in both places. */
function why(answer: DnsMessage | undefined): string | undefined {
  const options = answer?.additionals.find(({ type }) => type === dnsTypes.opt)?.data;
  const option =
    options?.kind === 'options'
      ? options.options.find(({ code }) => code === extendedErrorOption)
      : undefined;
  const text = answer?.additionals.find(({ type }) => type === dnsTypes.txt)?.data;
  const spoken =
    text?.kind === 'text'
      ? text.strings.map((string) => new TextDecoder().decode(string)).join('')
      : undefined;
  if (option && spoken !== undefined) expect(parseExtendedError(option)?.extraText).toBe(spoken);
  return spoken;
}

test('services and machines have names, in both directions', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  await askDhcp(wire, {
    mac: 0x0200_0000_0009,
    type: dhcpMessageTypes.request,
    options: [
      [dhcpOptions.requestedAddress, words(0x0a00_0042)],
      [dhcpOptions.hostName, new TextEncoder().encode('left')],
    ],
  });
  for (const name of ['gateway.twinhull', 'Echo.TwinHull'])
    expect((await askDns(wire, host, name, dnsTypes.a))?.answers[0]?.data).toEqual({
      kind: 'address',
      address: wire.gateway.address,
    });
  expect((await askDns(wire, host, 'left.twinhull', dnsTypes.a))?.answers[0]?.data).toEqual({
    kind: 'address',
    address: 0x0a00_0042,
  });
  expect((await askDns(wire, host, '66.0.0.10.in-addr.arpa', dnsTypes.ptr))?.answers[0]?.data).toEqual({
    kind: 'name',
    name: 'left.twinhull',
  });
  const v6 = await askDns(wire, host, 'left.twinhull', dnsTypes.aaaa);
  expect(v6).toMatchObject({ code: dnsCodes.noError, answers: [], authorities: [{ type: dnsTypes.soa }] });
});

test('what does not exist is said not to, and why', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  const outside = await askDns(wire, host, 'example.com', dnsTypes.a, true);
  expect(outside?.code).toBe(dnsCodes.nameError);
  expect(why(outside)).toBe(
    'There is no uplink: only names that end in .twinhull are known on this wire, not example.com.',
  );
  const inside = await askDns(wire, host, 'nobody.twinhull', dnsTypes.a);
  expect(inside?.code).toBe(dnsCodes.nameError);
  expect(inside?.authoritative).toBe(true);
  expect(why(inside)).toContain('No machine and no service on this wire is called nobody.twinhull.');
  expect(wire.gateway.counters.dns.unknown).toBe(2);
});

test('aliases are followed, and not for ever', async () => {
  const wire = new TestWire({
    names: {
      mirror: { type: 'alias', name: 'gateway' },
      chicken: { type: 'alias', name: 'egg' },
      egg: { type: 'alias', name: 'chicken' },
    },
  });
  const host = wire.host(client);
  const answer = await askDns(wire, host, 'mirror.twinhull', dnsTypes.a);
  expect(answer?.answers.map(({ type }) => type)).toEqual([dnsTypes.cname, dnsTypes.a]);
  const loop = await askDns(wire, host, 'egg.twinhull', dnsTypes.a, true);
  expect(loop?.code).toBe(dnsCodes.serverFailure);
  expect(loop?.answers).toEqual([]);
});

test('answers and noise are not answered', async () => {
  const wire = new TestWire();
  const host = wire.host(client);
  let answers = 0;
  host.bind(9, () => (answers += 1));
  const send = (payload: Uint8Array) =>
    host.sendUdp({ sourcePort: 9, destination: wire.gateway.address, destinationPort: dnsPort }, payload);
  send(Uint8Array.of(0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1));
  send(new Uint8Array(3));
  await wire.simulation.pass(10);
  expect(answers).toBe(0);
  // A name that points at itself: a format error, once.
  send(Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1));
  await wire.simulation.pass(10);
  expect(answers).toBe(1);
  expect(wire.gateway.counters.dns.malformed).toBe(3);
});
