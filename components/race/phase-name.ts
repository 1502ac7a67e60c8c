/** The phases of both lanes as people read them. */
const phaseNames: Readonly<Record<string, string>> = {
  client: 'Client',
  create: 'Create call',
  attach: 'Attach call',
  network: 'Network',
  shim: 'Shim',
  load: 'Load and verify',
  firmware: 'Firmware',
  decompression: 'Decompression',
  kernel: 'Kernel',
  init: 'Init',
  agent: 'Agent',
  service: 'Service',
};

export function phaseName(name: string): string {
  return phaseNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}
