import { bareMetal, host, memoryTest, web } from '@/lib/fleet/profiles';
import type { MachineProfile } from '@/lib/machine/machine';
import type { Start } from './bench';

/** What can be put on the workbench. */
export interface BenchKind {
  readonly profile: MachineProfile;
  readonly label: string;
  readonly text: string;
  /** Machines of a kind are called after it, with a number. */
  readonly stem: string;
  /** How it starts unless somebody says otherwise. */
  readonly start: Start;
  /** There is a shell to be had beside the console's, and a container engine. */
  readonly hasShells: boolean;
  /** There is an agent to talk to, and a card that takes an address. */
  readonly hasNetwork: boolean;
}

export const hostKind: BenchKind = {
  profile: host,
  label: 'Host',
  text: 'Linux with a shell and a container engine.',
  stem: 'host',
  start: { type: 'prebuilt' },
  hasShells: true,
  hasNetwork: true,
};

export const benchKinds: readonly BenchKind[] = [
  hostKind,
  {
    profile: web,
    label: 'Web server',
    text: 'Linux that boots straight into one web service, and has nothing else.',
    stem: 'web',
    start: { type: 'cold' },
    hasShells: false,
    hasNetwork: true,
  },
  {
    profile: bareMetal,
    label: 'Bare metal',
    text: 'No operating system: a boot sector of 512 bytes that counts timer interrupts.',
    stem: 'metal',
    start: { type: 'cold' },
    hasShells: false,
    hasNetwork: false,
  },
  {
    profile: memoryTest,
    label: 'Memory tester',
    text: 'Memtest86+ has the machine for itself, and says what memory it finds.',
    stem: 'memtest',
    start: { type: 'cold' },
    hasShells: false,
    hasNetwork: false,
  },
];
