import { expect, test } from 'vitest';
import type { Container } from '@/lib/engine/schemas';
import { portsText, publishedPorts, shortId, stateText } from './container-text';

test.each<[Container['state'], string, string]>([
  ['running', 'Up 3 minutes', 'Running'],
  ['running', 'Up 3 minutes (healthy)', 'Running, healthy'],
  ['running', 'Up 2 seconds (health: starting)', 'Running, health: starting'],
  ['paused', 'Up 3 minutes (Paused)', 'Paused'],
  ['exited', 'Exited (137) Less than a second ago', 'Ended, status 137'],
  ['restarting', 'Restarting (1) 4 seconds ago', 'Restarting, status 1'],
  ['created', 'Created', 'Created, never started'],
])('%s, %j reads “%s”', (state, status, text) => expect(stateText({ state, status })).toBe(text));

test('a port that is published on several addresses is named once', () => {
  const web = { private: 80, public: 8080, protocol: 'tcp' };
  expect(portsText([web, web, { private: 53, public: undefined, protocol: 'udp' }])).toBe(
    '8080 → 80/tcp, 53/udp',
  );
});

test('ids are shortened as Docker does', () =>
  expect(shortId(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab'));

test('what is published over TCP can be visited, once', () => {
  const port = (published: number | undefined, protocol: string) => ({
    private: 80,
    public: published,
    protocol,
  });
  expect(
    publishedPorts([port(8080, 'tcp'), port(8080, 'tcp'), port(53, 'udp'), port(undefined, 'tcp')]),
  ).toEqual([8080]);
});
