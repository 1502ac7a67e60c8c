import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { parseVxlan, writeVxlan } from './vxlan';

test('packets survive being written', () => {
  fc.assert(
    fc.property(fc.nat(0xff_ffff), fc.uint8Array(), (vni, frame) => {
      expect(parseVxlan(writeVxlan({ vni }, frame))).toEqual({
        header: { vni },
        payload: frame,
        fault: undefined,
      });
    }),
  );
});

test('a packet that says it has no VNI is told', () => {
  const bytes = writeVxlan({ vni: 4096 }, new Uint8Array(60));
  bytes[0] = 0;
  expect(parseVxlan(bytes)).toMatchObject({ header: { vni: 4096 }, fault: { field: 'flags', offset: 0 } });
});

test('any bytes are taken calmly', () => {
  expectCalm(parseVxlan, [writeVxlan({ vni: 4097 }, new Uint8Array(60))]);
});
