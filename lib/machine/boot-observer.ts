import type { BootPhase, MachineProfile, PhaseMark } from './machine';

const order: readonly PhaseMark['phase'][] = [
  'firmware',
  'decompression',
  'kernel',
  'init',
  'agent',
  'service',
  'ready',
];

export interface BootExpectation {
  /** The kernel unpacks itself. Ours arrives unpacked (HTTP did it), and then there is no such phase to see. */
  compressedKernel: boolean;
  ready: MachineProfile['ready'];
}

/**
 * Derives the boot's phases from what the guest lets the outside see: the kernel's entry, its serial
 * console, the agent's port. A sign that comes late or twice changes nothing; phases never go backwards.
 */
export class BootObserver {
  private reached = -1;

  constructor(
    private readonly expectation: BootExpectation,
    private readonly onPhase: (phase: PhaseMark['phase']) => void,
  ) {}

  get phase(): BootPhase | 'ready' {
    return order[Math.max(0, this.reached)] ?? 'firmware';
  }

  started(): void {
    this.reach('firmware');
  }

  /** Nothing boots: what was ready when the snapshot was made is ready now. */
  restored(): void {
    this.reach('ready');
  }

  kernelEntered(): void {
    this.reach(this.expectation.compressedKernel ? 'decompression' : 'kernel');
  }

  /** The kernel's log, and what init says on the same console ("twinhull: ..."). */
  serialLine(line: string): void {
    const service = /^twinhull: service (\S+) ready/.exec(line)?.[1];
    const { ready } = this.expectation;
    if (ready.type === 'service' && service === ready.name) this.reach('ready');
    else if (line.includes('Linux version ')) this.reach('kernel');
    else if (/\bRun \S+ as init process/.test(line)) this.reach('init');
    else if (line === 'twinhull: starting agent') this.reach('agent');
  }

  agentSpoke(): void {
    this.reach(this.expectation.ready.type === 'service' ? 'service' : 'ready');
  }

  /** The screen, as plain text. */
  screenDrawn(text: string): void {
    const { ready } = this.expectation;
    if (ready.type === 'screen' && text.includes(ready.text)) this.reach('ready');
  }

  private reach(phase: PhaseMark['phase']): void {
    const position = order.indexOf(phase);
    if (position <= this.reached) return;
    this.reached = position;
    this.onPhase(phase);
  }
}
