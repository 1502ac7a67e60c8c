import { buildImages } from '../images/build/build-images';
import { readManifest, sizesOf } from '../app/read-manifest';
import { host } from '../lib/fleet/profiles';
import { type Bench, atMost } from './figure';

/** Bytes that a browser transfers for a cold boot of the host machine. */
export const download: Bench = {
  name: 'download',
  async measure() {
    await buildImages();
    const bytes = sizesOf(await readManifest(), [
      'v86',
      'v86-wasm',
      'bios',
      'vgabios',
      host.boot.kernel,
      host.boot.root,
    ]);
    return [
      {
        name: 'download for a cold boot (emulator, firmware, kernel, root), brotli',
        unit: 'MB',
        samples: [bytes / 1e6],
        target: atMost(5.5, 'MB'),
      },
    ];
  },
};
