import { assertNever } from '@/lib/base/assert-never';
import type { BootPhase, MachineState } from '@/lib/machine/machine';

export const phaseNames: Record<BootPhase | 'ready', string> = {
  firmware: 'Firmware',
  decompression: 'Kernel unpacks itself',
  kernel: 'Kernel',
  init: 'Init',
  agent: 'Agent',
  service: 'Service',
  ready: 'Ready',
};

/** One or two words, without figures that change by the frame. */
export function stateText(state: MachineState): string {
  switch (state.type) {
    case 'off':
      return 'Off';
    case 'loading':
      return 'Loading';
    case 'booting':
      return `Booting: ${phaseNames[state.phase].toLowerCase()}`;
    case 'running':
      return 'Running';
    case 'paused':
      return 'Paused';
    case 'failed':
      return 'Stopped by a failure';
    default:
      return assertNever(state);
  }
}
