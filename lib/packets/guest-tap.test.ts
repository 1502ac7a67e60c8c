import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { GuestClock } from './guest-clock';
import { readLinks } from './guest-tap';

const id = 'c0'.repeat(32);

test('links are read as the program tells them', () => {
  const text = [
    { namespace: '/proc/1/ns/net', container: '', link: 'eth0', kind: '' },
    { namespace: '/proc/90/ns/net', container: id, link: 'eth0', kind: 'veth' },
    { namespace: '/run/docker/netns/1-0123abcd', container: '', link: 'd"ö', kind: 'dummy' },
  ].map((each) => `${JSON.stringify(each)}\n`);
  expect(readLinks(text.join(''))).toEqual([
    { namespace: '/proc/1/ns/net', link: 'eth0', kind: 'card' },
    { namespace: '/proc/90/ns/net', container: id, link: 'eth0', kind: 'veth' },
    { namespace: '/run/docker/netns/1-0123abcd', network: '0123abcd', link: 'd"ö', kind: 'other' },
  ]);
});

test('what is no list is refused', () => {
  for (const text of ['hello', '{}', '{"namespace":"/a","container":"x","link":"a","kind":""}', 'null'])
    expect(() => readLinks(text)).toThrow(HullError);
});

test('a clock is known to half of the quickest question, and a guest that was paused is noticed', () => {
  const delays = fc.array(fc.tuple(fc.nat(5000), fc.nat(5000)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(delays, fc.integer({ min: -1_000_000, max: 1_000_000 }), (questions, offset) => {
      const clock = new GuestClock();
      const jump = offset + 100_000;
      for (const truth of [offset, jump]) {
        for (const [there, back] of questions) {
          const asked = 1_000_000n;
          const guest = asked + BigInt(there + truth);
          clock.add(asked, guest, asked + BigInt(there + back));
        }
        const { offsetNs = 0n, errorNs = 0n } = clock.best ?? {};
        expect(Math.abs(Number(offsetNs) - truth)).toBeLessThanOrEqual(Number(errorNs));
        expect(Number(clock.toOurs(BigInt(truth)))).toBe(truth - Number(offsetNs));
      }
    }),
  );
});
