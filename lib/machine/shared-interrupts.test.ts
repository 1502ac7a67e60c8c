import { expect, test } from 'vitest';
import { keepSharedLines } from './shared-interrupts';

const lines: Record<number, number> = { 1: 10, 2: 10, 3: 11 };

/** v86's bus and devices: any device that lowers its line lowers it for all. */
function bus() {
  const up = new Set<number>();
  const pci = {
    raise_irq: (pciId: number) => void up.add(lines[pciId] ?? NaN),
    lower_irq: (pciId: number) => void up.delete(lines[pciId] ?? NaN),
  };
  const devices = Object.keys(lines).map((id) => ({
    pci_id: Number(id),
    isr_status: 0,
    interrupt() {
      this.isr_status = 1;
      pci.raise_irq(this.pci_id);
    },
    /** What reading the register does. */
    readStatus() {
      this.isr_status = 0;
      pci.lower_irq(this.pci_id);
    },
  }));
  keepSharedLines(pci, devices);
  const [first, second, alone] = devices;
  if (!first || !second || !alone) throw new Error('three devices');
  return { up, first, second, alone };
}

test('a line stays up until none of its devices wants anything', () => {
  const { up, first, second } = bus();
  first.interrupt();
  second.readStatus();
  expect([...up]).toEqual([10]);
  first.readStatus();
  expect([...up]).toEqual([]);
});

test('an interrupt between the reads of a handler is not lost', () => {
  const { up, first, second } = bus();
  second.interrupt();
  first.readStatus();
  second.readStatus();
  first.interrupt();
  second.readStatus();
  expect([...up]).toEqual([10]);
});

test('other lines are as their own devices have them', () => {
  const { up, first, second, alone } = bus();
  alone.interrupt();
  first.interrupt();
  second.readStatus();
  alone.readStatus();
  expect([...up]).toEqual([10]);
});
