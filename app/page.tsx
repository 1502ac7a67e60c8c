import Link from 'next/link';
import { RacePage } from '@/components/race/race-page';
import { engineClient, readManifest, sizeOfShared, sizesOf } from './read-manifest';

export default async function Page() {
  const manifest = await readManifest();
  const artifacts = sizesOf(manifest, [
    'v86',
    'v86-wasm',
    'bios',
    'vgabios',
    'kernel',
    'root-web',
    'snapshot-host',
  ]);
  const downloadBytes = artifacts + (await sizeOfShared(manifest, engineClient));
  return (
    <>
      <h1 className="max-w-3xl text-3xl font-semibold tracking-tight text-balance sm:text-4xl">
        A real machine and a real container, on one clock
      </h1>
      <p className="mt-3 mb-6 max-w-3xl text-lg text-muted">
        Press the button: this tab switches on an emulated PC and boots Linux in it, while{' '}
        <code className="font-mono text-[0.9em]">docker run</code> starts the same web service as a container
        on another. The CPU is emulated, so seconds are longer than on hardware, for both alike; ratios and
        instruction counts carry over better.{' '}
        <Link href="/numbers/" className="underline underline-offset-4 hover:text-ink">
          What the numbers mean
        </Link>
      </p>
      <RacePage downloadBytes={downloadBytes} />
    </>
  );
}
