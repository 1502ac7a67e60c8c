import type { V86Imports } from './v86-surface';

export interface DeviceTotals {
  portReads: number;
  portWrites: number;
  interrupts: number;
  halts: number;
}

/**
 * Linux's setup code clears the coprocessor here, as its last step before protected mode
 * (arch/x86/boot/pm.c, reset_coprocessor). Firmware has no business with it, so this is where the kernel begins.
 */
const coprocessorReset = 0xf1;

/**
 * Counts at the border between v86's WebAssembly and its devices, where imports and exports are ordinary functions:
 * an instruction that stays inside costs nothing. Not seen are the ports of the interrupt controller, which lie inside.
 */
export function instrumentImports(
  { env }: V86Imports,
  totals: DeviceTotals,
  onKernelEntered: () => void,
): void {
  const { io_port_read8, io_port_read16, io_port_read32 } = env;
  const { io_port_write8, io_port_write16, io_port_write32, stop_idling } = env;
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
    if (port === coprocessorReset) onKernelEntered();
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
  // Called once for every HLT that an interrupt ends.
  env.stop_idling = () => {
    totals.halts += 1;
    stop_idling();
  };
}

/** An interrupt is a rising edge of a line between a device and the interrupt controller. */
export function instrumentExports(exports: WebAssembly.Exports, totals: DeviceTotals): WebAssembly.Exports {
  const raise = exports['device_raise_irq'] as (line: number) => void;
  const lower = exports['device_lower_irq'] as (line: number) => void;
  let raised = 0;
  return {
    ...exports,
    device_raise_irq: (line: number) => {
      if ((raised & (1 << line)) === 0) totals.interrupts += 1;
      raised |= 1 << line;
      raise(line);
    },
    device_lower_irq: (line: number) => {
      raised &= ~(1 << line);
      lower(line);
    },
  };
}
