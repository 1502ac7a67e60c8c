import type { V86Pci, V86Virtio } from './v86-surface';

/** What a device on the bus says of its interrupt. */
export type InterruptingDevice = Pick<V86Virtio, 'pci_id' | 'isr_status'>;

/**
 * PCI devices share lines, and a line is up for as long as any of its devices wants something (PCI 3.0, 2.2.6). v86 lowers
 * it for all of them when a guest reads the status of one, which a handler of a shared line does with each: an interrupt that
 * comes between two of these reads is lost, and its queue stands still until the device has another.
 * @param devices all that interrupt over `pci`
 */
export function keepSharedLines(pci: V86Pci, devices: readonly InterruptingDevice[]): void {
  const lower = pci.lower_irq.bind(pci);
  pci.lower_irq = (pciId) => {
    lower(pciId);
    for (const device of devices) {
      if (device.pci_id !== pciId && device.isr_status !== 0) pci.raise_irq(device.pci_id);
    }
  };
}
