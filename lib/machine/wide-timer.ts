import type { V86Cpu } from './v86-surface';

/** Bits 16 to 23 of the next count, written before the two bytes of the 8254 (images/kernel/patches/0002). */
const highPort = 0x44;
/** Longest sleep of a machine in which no timer runs, milliseconds: often enough to notice that it is dead. */
const longestSleepMs = 1000;

/**
 * Gives channel 0 of v86's 8254 a count of 24 bits: 14 seconds, where the chip's 16 bits make an idle guest wake 18 times
 * a second for nothing (docs/adr/0005). And lets the emulator sleep until a timer is due, where v86 looks ten times a
 * second.
 */
export function widenTimer(cpu: Pick<V86Cpu, 'io' | 'devices' | 'run_hardware_timers'>): void {
  const { pit, rtc } = cpu.devices;
  pit.counter_reload = Uint32Array.from(pit.counter_reload);
  pit.counter_start_value = Uint32Array.from(pit.counter_start_value);
  let high = 0;
  cpu.io.register_write(highPort, pit, (value) => (high = value));
  const write = pit.counter_write.bind(pit);
  pit.counter_write = (channel, value) => {
    const low = (pit.counter_reload[channel] ?? 0) & 0xff;
    write(channel, value);
    // With bytes in turns, the low one is next again after the high one, which starts the count.
    const starts = channel === 0 && pit.counter_read_mode[0] === 3 && pit.counter_next_low[0] === 1;
    if (!starts || high === 0) return;
    const count = (high << 16) | (value << 8) | low;
    pit.counter_reload[0] = count;
    pit.counter_start_value[0] = count;
    high = 0;
  };
  cpu.run_hardware_timers = (_acpi, now) => {
    const pitMs = pit.timer(now, false);
    const rtcMs = rtc.timer(now, false);
    const isClockAwaited = rtc.periodic_interrupt || rtc.update_interrupt || rtc.next_interrupt_alarm !== 0;
    const pitIsRunning = pit.counter_enabled[0] === 1;
    return Math.min(
      pitIsRunning ? pitMs : longestSleepMs,
      isClockAwaited ? rtcMs : longestSleepMs,
      longestSleepMs,
    );
  };
}
