import type { BenchParts } from './bench';

/** What the bench needs, loaded at the first power on. */
export async function loadBenchParts(): Promise<BenchParts> {
  const [{ createBrowserMachine }, { host }] = await Promise.all([
    import('@/lib/machine/browser-machine'),
    import('@/lib/fleet/profiles'),
  ]);
  const assetsUrl = `${process.env['NEXT_PUBLIC_BASE_PATH'] ?? ''}/machine/`;
  return {
    createMachine: () => createBrowserMachine(host, { assetsUrl }),
    prebuilt: { type: 'artifact-snapshot', artifact: 'snapshot-host' },
    connect: () => Promise.reject(new Error('no agent yet')),
  };
}
