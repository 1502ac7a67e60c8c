import { shareCompression, shareFiles, shareList } from '../build/share';
import type { FilesPublication, Step } from '../build/step';
import { goPrograms } from '../build/go-programs';
import { links, tap } from '../build/programs';
import { tools } from '../build/tools';
import { publicRegistry } from './containers';

/** The container engine: /usr/bin has links to it (images/rootfs/host). */
const engine = shareFiles({
  folder: 'engine',
  tree: goPrograms('program-engine', { hulld: 'hulld', hull: 'hull' }),
  kind: 'files',
});
/** `docker compose` and `docker registry`: what the client runs but does not have in itself. */
const plugins = shareFiles({
  folder: 'plugins',
  tree: goPrograms('program-plugins', {
    'docker-compose': 'docker-compose',
    'hull-registry': 'docker-registry',
  }),
  kind: 'files',
});
const parts: readonly Step[] = [
  engine,
  plugins,
  shareFiles({ folder: 'links', tree: links, kind: 'files' }),
  shareFiles({ folder: 'tools', tree: tools, kind: 'files' }),
  shareFiles({ folder: 'capture', tree: tap, kind: 'files' }),
  shareFiles({ folder: 'registry', tree: publicRegistry, kind: 'registry' }),
];

/** What every guest with a share finds in /usr/share/twinhull. */
export const share = shareList('share', parts);
export const sharedFiles: readonly FilesPublication[] = parts.map((step) => ({
  step,
  folder: 'files',
  compressed: shareCompression(step),
}));

/** What of it is read while a host boots: enough for the snapshot, which so does not depend on the rest. */
export const bootShare = { list: shareList('share-boot', [engine]), files: engine };
