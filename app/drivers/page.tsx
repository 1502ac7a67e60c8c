import type { Metadata } from 'next';
import { DriversPage } from '@/components/drivers/drivers-page';
import { engineClient, readManifest, sizeOfShared, sizesOf } from '../read-manifest';

export const metadata: Metadata = {
  title: 'Network drivers',
  description:
    'Two machines on one switch, Docker’s five network drivers, and the frames on the wire that show what each does.',
};

const needed = ['v86', 'v86-wasm', 'bios', 'vgabios', 'snapshot-host'];

export default async function Page() {
  const manifest = await readManifest();
  const downloadBytes = sizesOf(manifest, needed) + (await sizeOfShared(manifest, engineClient));
  return (
    <>
      <h1 className="text-3xl font-semibold tracking-tight text-balance">
        Five drivers, and what the wire sees
      </h1>
      <p className="mt-2 max-w-prose text-muted">
        Docker gives a container its network in one of five ways. Each is tried here with real traffic between
        two machines on one switch, and the frames on the cables tell whether it does what its documentation
        promises.
      </p>
      <DriversPage downloadBytes={downloadBytes} />
    </>
  );
}
