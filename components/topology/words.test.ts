import { expect, test } from 'vitest';
import { recordedInput } from '@/lib/topology/example-graph';
import { mergeGraph } from '@/lib/topology/merge';
import { perfectLink } from '@/lib/wire/link/link-settings';
import { edgeSentence, nodeSentence, rateWords, settingsWords } from './words';

const graph = mergeGraph(recordedInput);
const edges = (kind: string) => graph.edges.filter((edge) => edge.kind === kind);

test('everything has a sentence of its own', () => {
  expect(graph.nodes.map((node) => nodeSentence(graph, node))).toEqual([
    'office switch, 2 ports, Switch',
    'gateway DHCP, DNS, registry, Gateway',
    'alpha, Machine',
    'aa, Container of alpha',
    'bb, Container of alpha',
    'nn no network, Container of alpha',
    'mm, Container of alpha',
    'eth0, Network card of alpha',
    'docker0 bridge 172.17.0.1/16, Bridge of alpha',
    'shop bridge 172.18.0.1/16, Bridge of alpha',
    'eth0.10 vlan 10, VLAN of alpha',
    'eth0 172.18.0.2/16, Interface of aa',
    'eth0 172.18.0.3/16, Interface of bb',
    'eth0 macvlan 10.7.0.2/24, macvlan interface of mm',
    'hh the machine’s network, Container of alpha',
  ]);
  const sentences = graph.edges.map((edge) => edgeSentence(graph, edge));
  expect(new Set(sentences).size).toBe(sentences.length);
  expect(sentences).toContain('Cable from left at office to eth0 of alpha, up');
  expect(sentences).toContain('veth pair from veth6794cff at shop of alpha to eth0 of aa, up');
});

test('a cable says what is not perfect, and in which direction', () => {
  const [cable] = edges('cable');
  if (cable?.change?.type !== 'cable') throw new Error('no cable');
  const words = (out: object, back: object) =>
    settingsWords({
      ...cable,
      change: {
        type: 'cable',
        port: 'left',
        link: { out: { ...perfectLink, ...out }, in: { ...perfectLink, ...back } },
      },
    });
  const slow = { delayMs: 20, jitterMs: 5, loss: 0.025, bitsPerSecond: 1_500_000 };
  expect(words({}, {})).toBe('');
  expect(words(slow, slow)).toBe('20 ± 5 ms, 2.5 % lost, 1.5 Mbit/s');
  expect(words({}, { bitsPerSecond: 56_000 })).toBe('to the switch 56 kbit/s');
});

test('rates are whole, small ones are not nothing', () => {
  const [cable] = edges('cable');
  const [routed] = edges('routed');
  if (!cable || !routed) throw new Error('no lines');
  expect(rateWords(cable, { forward: 0.4, backward: 12.6 })).toBe('<1 / 13');
  expect(rateWords(cable, undefined)).toBe('0 / 0');
  expect(rateWords(routed, undefined)).toBe('–');
});
