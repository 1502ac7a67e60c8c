import type { Lane } from '@/lib/experiments/race-sample';

/** Bars of a lane share its colour; neighbours differ in strength, so that no phase is told by hue alone. */
export function phaseFill(lane: Lane, index: number): { className: string; opacity: number } {
  return {
    className: lane === 'machine' ? 'fill-machine' : 'fill-container',
    opacity: index % 2 === 0 ? 1 : 0.62,
  };
}

export const phaseNames: Readonly<Record<string, string>> = {
  load: 'Load and verify',
  firmware: 'Firmware',
  decompression: 'Decompression',
  kernel: 'Kernel',
  init: 'Init',
  agent: 'Agent',
  service: 'Service',
  'first request': 'First request',
};

export function phaseName(name: string): string {
  return phaseNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}
