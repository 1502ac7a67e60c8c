import type { Metadata } from 'next';
import { Workbench } from '@/components/workbench/workbench';
import { readManifest, sizeOfShared, sizesOf } from '../read-manifest';

export const metadata: Metadata = {
  title: 'Workbench',
  description:
    'A Linux machine in this tab, or several on one wire: consoles, shells, containers, counters and snapshots.',
};

const emulator = ['v86', 'v86-wasm', 'bios'];
const serial = [...emulator, 'vgabios'];
const screen = [...emulator, 'vgabios-std'];

export default async function WorkbenchPage() {
  const manifest = await readManifest();
  const sizes = {
    host: {
      prebuilt: sizesOf(manifest, [...serial, 'snapshot-host']),
      cold:
        sizesOf(manifest, [...serial, 'kernel', 'root-host']) +
        (await sizeOfShared(manifest, 'engine/hulld')),
    },
    web: { cold: sizesOf(manifest, [...serial, 'kernel', 'root-web']) },
    'bare-metal': { cold: sizesOf(manifest, [...screen, 'bare-metal']) },
    memtest: { cold: sizesOf(manifest, [...screen, 'memtest']) },
  };
  return (
    <>
      <h1 className="text-3xl font-semibold tracking-tight">Workbench</h1>
      <p className="mt-2 max-w-prose text-muted">
        A whole Linux machine in this tab, or several on one wire. Type into its console, open more shells,
        watch its containers, pull its plug, and keep it as a snapshot for another day.
      </p>
      <Workbench sizes={sizes} />
    </>
  );
}
