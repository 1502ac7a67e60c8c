import type { Metadata } from 'next';
import { Workbench } from '@/components/workbench/workbench';
import { readManifest, sizeOfShared, sizesOf } from '../read-manifest';

export const metadata: Metadata = {
  title: 'Workbench',
  description:
    'A Linux machine in this tab: its console, more shells, its containers, switches, counters and snapshots.',
};

const emulator = ['v86', 'v86-wasm', 'bios', 'vgabios'];

export default async function WorkbenchPage() {
  const manifest = await readManifest();
  const sizes = {
    prebuilt: sizesOf(manifest, [...emulator, 'snapshot-host']),
    cold:
      sizesOf(manifest, [...emulator, 'kernel', 'root-host']) +
      (await sizeOfShared(manifest, 'engine/hulld')),
  };
  return (
    <>
      <h1 className="text-3xl font-semibold tracking-tight">Workbench</h1>
      <p className="mt-2 max-w-prose text-muted">
        A whole Linux machine in this tab. Type into its console, open more shells, watch its containers, pull
        its plug, and keep it as a snapshot for another day.
      </p>
      <Workbench sizes={sizes} />
    </>
  );
}
