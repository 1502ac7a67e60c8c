import type { Metadata } from 'next';
import { Compare } from '@/components/compare/compare';
import { engineClient, engineDaemon, readManifest, sizeOfShared, sizesOf } from '../read-manifest';

export const metadata: Metadata = {
  title: 'Compare',
  description:
    'A shell in a container and a shell in a virtual machine, side by side: type once, see what differs, and why.',
};

const emulator = ['v86', 'v86-wasm', 'bios', 'vgabios'];

export default async function ComparePage() {
  const manifest = await readManifest();
  const sizes = {
    snapshot:
      sizesOf(manifest, [...emulator, 'snapshot-host']) + (await sizeOfShared(manifest, engineClient)),
    cold:
      sizesOf(manifest, [...emulator, 'kernel', 'root-host']) +
      (await sizeOfShared(manifest, engineClient, engineDaemon)),
  };
  return (
    <>
      <h1 className="text-3xl font-semibold tracking-tight text-balance">
        A machine and a container, side by side
      </h1>
      <p className="mt-2 max-w-prose text-muted">
        Type once and see where their answers part. Below, the same questions are asked inside both every few
        seconds, with a reason for every answer.
      </p>
      <Compare sizes={sizes} />
    </>
  );
}
