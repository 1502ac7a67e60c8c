import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { recordedReport } from './recorded-report';
import { ReportReader } from './report';

const bytes = (text: string) => new TextEncoder().encode(text);

test('a report is the same in whatever portions it comes', () => {
  const whole = new ReportReader().push(bytes(recordedReport));
  expect(whole.map(({ type }) => type)).toEqual([...Array<string>(5).fill('namespace'), 'told']);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sizes) => {
      const reader = new ReportReader();
      const lines = [];
      const all = bytes(recordedReport);
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        lines.push(...reader.push(all.subarray(at, at + size)));
        at += size;
      }
      expect(lines).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('counters come as numbers in a row', () => {
  const line = '{"type":"counters","namespace":7,"links":[[1,0,0,0,0,0],[2,6,432,9,814,1]]}\n';
  expect(new ReportReader().push(bytes(line))).toEqual([
    {
      type: 'counters',
      namespace: 7,
      links: [
        [1, 0, 0, 0, 0, 0],
        [2, 6, 432, 9, 814, 1],
      ],
    },
  ]);
});

test('what is no report is refused with a sentence, and never held without end', () => {
  const refused = expect.objectContaining({ code: 'report-malformed' }) as HullError;
  for (const text of ['nonsense\n', '{}\n', '{"type":"namespace","namespace":-1}\n', '[1,2\n'])
    expect(() => new ReportReader().push(bytes(text))).toThrow(refused);
  const endless = new ReportReader();
  expect(() => {
    for (;;) endless.push(bytes('x'.repeat(100_000)));
  }).toThrow(refused);
});

test('no bytes do anything else', () => {
  const damaged = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 6 })).map(([at, by]) => {
    const all = bytes(recordedReport);
    all.set(by, at % (all.length - 6));
    return all;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), damaged), (input) => {
      try {
        new ReportReader().push(input);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(HullError);
      }
    }),
  );
});
