import { expect, test } from 'vitest';
import { widenTimer } from './wide-timer';
import type { V86Timer } from './v86-surface';

const low = 1;

/** As v86's: bytes in turns into the reload value, and the second one starts the count. */
function fakeTimer() {
  const pit = {
    counter_reload: new Uint16Array(3),
    counter_start_value: new Uint16Array(3) as Uint16Array | Uint32Array,
    counter_enabled: new Uint8Array(3),
    counter_read_mode: Uint8Array.of(3, 3, 3),
    counter_next_low: Uint8Array.of(low, low, low),
    counter_write(channel: number, value: number) {
      const before = this.counter_reload[channel] ?? 0;
      const isLow = this.counter_next_low[channel] === low;
      this.counter_reload[channel] = isLow ? (before & ~0xff) | value : (before & 0xff) | (value << 8);
      if (!isLow) {
        this.counter_reload[channel] ||= 0xffff;
        this.counter_start_value[channel] = this.counter_reload[channel] ?? 0;
        this.counter_enabled[channel] = 1;
      }
      this.counter_next_low[channel] = isLow ? 0 : low;
    },
    timer: () => 60,
  } satisfies V86Timer;
  const rtc = {
    rtc_time: 0,
    last_update: 0,
    periodic_interrupt: false,
    update_interrupt: false,
    next_interrupt_alarm: 0,
    timer: () => 40,
  };
  let writeHigh: (value: number) => void = () => {};
  const cpu = {
    io: {
      ports: [],
      register_write: (_port: number, _device: unknown, write8: (value: number) => void) =>
        (writeHigh = write8),
    },
    devices: { pit, rtc },
    run_hardware_timers: () => 0,
  };
  widenTimer(cpu as unknown as Parameters<typeof widenTimer>[0]);
  const count = (...bytes: [low: number, high: number]) =>
    bytes.forEach((byte) => pit.counter_write(0, byte));
  return { cpu, pit, rtc, count, writeHigh };
}

test('a count of three bytes, for once', () => {
  const { pit, count, writeHigh } = fakeTimer();
  writeHigh(0x12);
  count(0x56, 0x34);
  expect(pit.counter_start_value[0]).toBe(0x123456);
  count(0x56, 0x34);
  expect(pit.counter_start_value[0]).toBe(0x3456);
});

test('the lower bytes may be zero', () => {
  const { pit, count, writeHigh } = fakeTimer();
  writeHigh(2);
  count(0, 0);
  expect(pit.counter_start_value[0]).toBe(0x20000);
});

test('other channels keep their 16 bits', () => {
  const { pit, count, writeHigh } = fakeTimer();
  writeHigh(1);
  for (const byte of [0x34, 0x12]) pit.counter_write(2, byte);
  expect(pit.counter_start_value[2]).toBe(0x1234);
  count(0, 0x10);
  expect(pit.counter_start_value[0]).toBe(0x11000);
});

test('sleeps until a timer is due, and no longer than a second', () => {
  const { cpu, pit, rtc, count } = fakeTimer();
  expect(cpu.run_hardware_timers()).toBe(1000);
  count(1, 1);
  expect(cpu.run_hardware_timers()).toBe(60);
  pit.timer = () => 14_000;
  expect(cpu.run_hardware_timers()).toBe(1000);
  rtc.next_interrupt_alarm = 1;
  expect(cpu.run_hardware_timers()).toBe(40);
});
