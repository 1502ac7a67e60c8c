import { expect, test } from 'vitest';
import {
  csumOffsetAt,
  csumStartAt,
  flagNeedsCsum,
  flagsAt,
  frameOf,
  gsoSizeAt,
  gsoTcp4,
  gsoTypeAt,
  headerBytes,
  numBuffersAt,
  read16le,
  write16le,
} from '../wire/frame-header';
import { portWindow } from '../wire/frame-port';
import { type Descriptor, ramBytes, startCard } from './network-card-fixture';

const eventIdx = 29;
const mergeable = 15;

function bytesOf(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

/** As Linux sends it: the header, then the frame in pieces. */
function superframe(length: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes + length);
  bytes.set(bytesOf(length), headerBytes);
  bytes[flagsAt] = flagNeedsCsum;
  bytes[gsoTypeAt] = gsoTcp4;
  write16le(bytes, gsoSizeAt, 1448);
  write16le(bytes, csumStartAt, 34);
  write16le(bytes, csumOffsetAt, 16);
  return bytes;
}

/** Puts bytes into the guest's memory, in buffers of this size. */
function place(mem8: Uint8Array, at: number, bytes: Uint8Array, size = bytes.length) {
  const buffers = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const part = bytes.subarray(offset, offset + size);
    mem8.set(part, at + offset);
    buffers.push({ address: at + offset, length: part.length });
  }
  return buffers;
}

test('frames leave as they lie in the queue, a superframe whole, and are given back', () => {
  const { card, mem8, sent, transmit, notify, virtio, firstBuffer } = startCard();
  const small = frameOf(bytesOf(60));
  const large = superframe(60_000);
  const heads = [
    transmit.add(place(mem8, firstBuffer, small)),
    transmit.add(place(mem8, firstBuffer + 4096, large, 4096)),
  ];
  transmit.wantInterrupt();
  notify(1);
  expect(sent).toEqual([small, large]);
  expect(transmit.takeUsed()).toEqual(heads.map((head) => ({ head, written: 0 })));
  expect(virtio.interrupts).toBe(1);
  expect(card.totals).toEqual({ framesSent: 2, framesReceived: 0, framesDropped: 0 });
});

test('a chain in an indirect table is read like any other', () => {
  const { mem8, sent, transmit, notify, firstBuffer } = startCard();
  const frame = frameOf(bytesOf(100));
  const buffers = place(mem8, firstBuffer, frame, 50);
  const table = firstBuffer + 8192;
  buffers.forEach((buffer, index) =>
    transmit.writeDescriptor(
      index,
      { ...buffer, flags: index < buffers.length - 1 ? 1 : 0, next: index + 1 },
      table,
    ),
  );
  transmit.writeDescriptor(0, { address: table, length: buffers.length * 16, flags: 4 });
  transmit.makeAvailable(0);
  notify(1);
  expect(sent).toEqual([frame]);
});

test('with no room on the wire frames stay with the guest, in order, until there is', () => {
  const { card, mem8, sent, transmit, notify, link, firstBuffer } = startCard();
  const frames = [1, 2, 3].map((first) => frameOf(bytesOf(60, first)));
  frames.forEach((frame, index) => transmit.add(place(mem8, firstBuffer + index * 4096, frame)));
  link.hasRoom = false;
  notify(1);
  expect(sent).toEqual([]);
  expect(transmit.takeUsed()).toEqual([]);
  link.hasRoom = true;
  card.transmit();
  expect(sent).toEqual(frames);
  expect(transmit.takeUsed()).toHaveLength(3);
});

test.each<[string, Descriptor[]]>([
  ['a chain that runs in circles', [{ address: 0x20000, length: 64, flags: 1, next: 0 }]],
  ['a buffer beyond memory', [{ address: ramBytes - 8, length: 64 }]],
  ['a buffer above four gigabytes', [{ address: 0x20000, length: 64, high: 1 }]],
  ['a next descriptor that there is not', [{ address: 0x20000, length: 64, flags: 1, next: 5000 }]],
  ['a table in a table', [{ address: 0, length: 16, flags: 4 }]],
  ['a table beyond memory', [{ address: ramBytes, length: 32, flags: 4 }]],
  ['a table without entries', [{ address: 0x20000, length: 15, flags: 4 }]],
  [
    'a readable buffer behind a writable one',
    [
      { address: 0x20000, length: 64, flags: 3, next: 1 },
      { address: 0x20000, length: 64 },
    ],
  ],
  ['no frame at all', [{ address: 0x20000, length: 0 }]],
  ['a frame without an address', [{ address: 0x20000, length: 25 }]],
  [
    'more than any frame',
    [
      { address: 0x20000, length: 0x10000, flags: 1, next: 1 },
      { address: 0x20000, length: 0x10000 },
    ],
  ],
])('%s is given back and goes nowhere', (_, descriptors) => {
  const { card, sent, transmit, notify } = startCard();
  descriptors.forEach((descriptor, index) => transmit.writeDescriptor(index, descriptor));
  transmit.makeAvailable(0);
  notify(1);
  expect(sent).toEqual([]);
  expect(transmit.takeUsed()).toEqual([{ head: 0, written: 0 }]);
  expect(card.totals.framesDropped).toBe(1);
});

test.each<[string, (bytes: Uint8Array) => void]>([
  ['of no size', (bytes) => write16le(bytes, gsoSizeAt, 0)],
  ['of segments that no cable carries', (bytes) => write16le(bytes, gsoSizeAt, 9000)],
  ['of a kind that was not agreed on', (bytes) => (bytes[gsoTypeAt] = 5)],
  ['whose checksum is not left to do', (bytes) => (bytes[flagsAt] = 0)],
  ['whose checksum begins in the Ethernet header', (bytes) => write16le(bytes, csumStartAt, 13)],
  ['whose checksum goes behind its end', (bytes) => write16le(bytes, csumOffsetAt, 60_000)],
  ['that is none, and too long', (bytes) => (bytes[gsoTypeAt] = 0)],
])('a superframe %s goes nowhere', (_, spoil) => {
  const { card, mem8, sent, transmit, notify, firstBuffer } = startCard();
  const bytes = superframe(4000);
  spoil(bytes);
  transmit.add(place(mem8, firstBuffer, bytes));
  notify(1);
  expect(sent).toEqual([]);
  expect(card.totals.framesDropped).toBe(1);
});

test('a batch fills the driver’s buffers with one interrupt, a superframe as many as it needs', () => {
  const { card, mem8, receive, notify, virtio, link, dirty, firstBuffer } = startCard();
  for (let index = 0; index < 8; index += 1)
    receive.add([{ address: firstBuffer + index * 4096, length: 2000 }], true);
  receive.wantInterrupt();
  notify(0);
  const frames = [frameOf(bytesOf(60, 1)), frameOf(bytesOf(5000, 2)), frameOf(bytesOf(60, 3))];
  card.receive(frames.map((frame) => frame.slice()));
  expect(receive.takeUsed()).toEqual([
    { head: 0, written: 72 },
    { head: 1, written: 2000 },
    { head: 2, written: 2000 },
    { head: 3, written: 1012 },
    { head: 4, written: 72 },
  ]);
  expect(virtio.interrupts).toBe(1);
  expect(link.taken).toBe(3);
  expect(read16le(mem8.subarray(firstBuffer + 4096), numBuffersAt)).toBe(3);
  const merged = [1, 2, 3].flatMap((index) => [
    ...mem8.subarray(firstBuffer + index * 4096, firstBuffer + index * 4096 + 2000),
  ]);
  expect(merged.slice(headerBytes, headerBytes + 5000)).toEqual([...bytesOf(5000, 2)]);
  // Compiled code must not outlive what was there.
  expect(dirty).toContainEqual([firstBuffer, firstBuffer + 72]);
});

test('what finds no buffers waits, and comes when the driver has made some available', () => {
  const { card, mem8, receive, notify, firstBuffer } = startCard();
  card.receive([frameOf(bytesOf(3000)), frameOf(bytesOf(60))]);
  receive.add([{ address: firstBuffer, length: 2000 }], true);
  notify(0);
  expect(receive.takeUsed()).toEqual([]);
  receive.add([{ address: firstBuffer + 4096, length: 2000 }], true);
  receive.add([{ address: firstBuffer + 8192, length: 2000 }], true);
  notify(0);
  expect(receive.takeUsed().map(({ written }) => written)).toEqual([2000, 1012, 72]);
  expect(mem8[firstBuffer + 8192 + headerBytes + 5]).toBe(5);
});

test('without merged buffers a frame that does not fit is dropped, the next one is not', () => {
  const { card, receive, notify, firstBuffer } = startCard([mergeable]);
  receive.add([{ address: firstBuffer, length: 2000 }], true);
  notify(0);
  card.receive([frameOf(bytesOf(3000)), frameOf(bytesOf(60))]);
  expect(receive.takeUsed()).toEqual([{ head: 0, written: 72 }]);
  expect(card.totals).toMatchObject({ framesReceived: 1, framesDropped: 1 });
});

test('what waits is bounded', () => {
  const { card, link } = startCard();
  const flood = Array.from({ length: 100 }, () => frameOf(bytesOf(60_000)));
  card.receive(flood);
  expect(link.taken).toBeGreaterThan(50);
  expect(card.totals.framesDropped).toBe(link.taken);
  expect((100 - link.taken) * 60_012).toBeLessThanOrEqual(2 * portWindow.bytes);
});

test('nobody waits for a driver that is not there', () => {
  const { card, virtio, link, told, notify } = startCard();
  notify(0);
  card.receive([frameOf(bytesOf(60))]);
  expect(link.taken).toBe(0);
  virtio.reset();
  expect(link.taken).toBe(1);
  card.receive([frameOf(bytesOf(60))]);
  expect(card.totals.framesDropped).toBe(2);
  expect(told.map(({ tcp4 }) => tcp4)).toEqual([true, false]);
});

test('the driver is asked to notify only of what is waited for', () => {
  const { card, receive, notify, firstBuffer } = startCard();
  receive.add([{ address: firstBuffer, length: 2000 }], true);
  notify(0);
  expect(receive.availEvent).toBe(0xffff);
  card.receive([frameOf(bytesOf(60)), frameOf(bytesOf(60))]);
  expect(receive.availEvent).toBe(1);
});

test('without event indices an interrupt comes unless the driver wants none', () => {
  const { mem8, transmit, notify, virtio, firstBuffer } = startCard([eventIdx]);
  transmit.add(place(mem8, firstBuffer, frameOf(bytesOf(60))));
  notify(1);
  expect(virtio.interrupts).toBe(1);
  new DataView(mem8.buffer).setUint16(transmit.avail, 1, true);
  transmit.add(place(mem8, firstBuffer, frameOf(bytesOf(60))));
  notify(1);
  expect(virtio.interrupts).toBe(1);
});

test('the guest sets the card’s address and sees the carrier go', () => {
  const { card, mem8, control, notify, virtio, mac, readConfig, firstBuffer } = startCard();
  mem8.set([1, 1, 2, 9, 8, 7, 6, 5], firstBuffer);
  mem8[firstBuffer + 100] = 0xaa;
  control.writeDescriptor(0, { address: firstBuffer, length: 8, flags: 1, next: 1 });
  control.writeDescriptor(1, { address: firstBuffer + 100, length: 1, flags: 2 });
  control.makeAvailable(0);
  notify(2);
  expect([...mac]).toEqual([2, 9, 8, 7, 6, 5]);
  expect(mem8[firstBuffer + 100]).toBe(0);
  expect(readConfig('mac_1')).toBe(9);
  expect(readConfig('status')).toBe(1);
  card.setLink(false);
  card.setLink(false);
  expect(readConfig('status')).toBe(0);
  expect(virtio.configChanges).toBe(1);
});

test('a state of a card that offers something else is refused, and one of the same is continued', () => {
  const saved = startCard();
  const state = (features: Uint32Array) => [[0, 0, features, saved.virtio.driver_feature, true, 15], 0];
  const { card, virtio, told } = startCard();
  expect(() => card.set_state(state(new Uint32Array(4)))).toThrow(/network card/);
  expect(() => card.set_state([])).toThrow(/network card/);
  card.set_state(state(saved.virtio.device_feature));
  expect(told).toHaveLength(1);
  // The guest was saved without a carrier and has one now.
  expect(virtio.configChanges).toBe(1);
});

test('whatever a driver writes, nothing is sent but frames and nothing breaks', () => {
  let seed = 1;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  for (let round = 0; round < 300; round += 1) {
    const { card, mem8, sent, transmit, receive, control, notify, virtio } = startCard(
      random(2) ? [eventIdx] : [],
    );
    for (let count = random(400); count > 0; count -= 1) mem8[random(0x30000)] = random(256);
    for (const [index, queue] of [receive, transmit, control].entries()) {
      for (let entry = 0; entry < 8; entry += 1) {
        queue.writeDescriptor(entry, {
          address: random(8) ? 0x20000 + random(0x8000) : random(2 ** 24) * 256,
          length: random(4) ? random(2048) : random(2 ** 24) * 16,
          flags: random(8),
          next: random(10),
        });
      }
      if (random(4)) queue.makeAvailable(random(9));
      else queue.setAvailIndex(random(0x10000));
      if (!random(8)) queue.registers.desc_addr = random(2 ** 24) * 256;
      if (!random(8)) queue.registers.avail_addr = random(2 ** 24) * 256;
      if (!random(8)) queue.registers.used_addr = random(2 ** 24) * 256;
      if (!random(8)) queue.registers.size = 0;
      notify(index);
    }
    card.receive([frameOf(bytesOf(random(4000))), frameOf(bytesOf(random(4000)))]);
    card.transmit();
    for (const frame of sent) {
      expect(frame.length).toBeGreaterThanOrEqual(headerBytes + 14);
      expect(frame.length).toBeLessThanOrEqual(headerBytes + 18 + 65535);
    }
    expect(sent.length).toBeLessThanOrEqual(virtio.queues[1]?.size || 1024);
  }
});
