import type { V86Imports } from './v86-surface';

export interface DeviceTotals {
  portReads: number;
  portWrites: number;
  interrupts: number;
  halts: number;
}

/** 8259A datasheet, OCW2: bit 5 is the end of interrupt, bits 3 and 4 are zero in this command word. */
const masterPicCommand = 0x20;
const isEndOfInterrupt = (value: number) => (value & 0b0011_1000) === 0b0010_0000;

/** SeaBIOS writes its log to this port, one character at a time. */
const firmwareLogPort = 0x402;

/**
 * Counts at the border between v86's WebAssembly and its devices: the imports are ordinary functions, so an uncounted
 * instruction costs nothing. The guest ends every interrupt at the master PIC exactly once, so that is where they count.
 */
export function instrument(
  { env }: V86Imports,
  totals: DeviceTotals,
  onFirmwareLog: (character: number) => void,
): void {
  const { io_port_read8, io_port_read16, io_port_read32 } = env;
  const { io_port_write8, io_port_write16, io_port_write32, cpu_event_halt } = env;
  env.io_port_read8 = (port) => {
    totals.portReads += 1;
    return io_port_read8(port);
  };
  env.io_port_read16 = (port) => {
    totals.portReads += 1;
    return io_port_read16(port);
  };
  env.io_port_read32 = (port) => {
    totals.portReads += 1;
    return io_port_read32(port);
  };
  env.io_port_write8 = (port, value) => {
    totals.portWrites += 1;
    if (port === masterPicCommand && isEndOfInterrupt(value)) totals.interrupts += 1;
    else if (port === firmwareLogPort) onFirmwareLog(value & 0xff);
    io_port_write8(port, value);
  };
  env.io_port_write16 = (port, value) => {
    totals.portWrites += 1;
    io_port_write16(port, value);
  };
  env.io_port_write32 = (port, value) => {
    totals.portWrites += 1;
    io_port_write32(port, value);
  };
  env.cpu_event_halt = () => {
    totals.halts += 1;
    cpu_event_halt();
  };
}
