import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { CoreWire, type WireSurroundings } from './core-wire';
import { folderFiles } from './gateway/folder-files';
import { type Outside, webOutside } from './gateway/outside';
import { realTime, unixNs } from './real-time';

/** A wire in this process. Its timers and the cards plugged into it keep the process alive until it is disposed of. */
export function createNodeWire(surroundings: Partial<WireSurroundings> = {}): CoreWire {
  return new CoreWire({
    time: realTime(),
    random: () => Math.random(),
    unixNs,
    outside: nodeOutside,
    ...surroundings,
  });
}

const web = webOutside(
  (url, options) => fetch(url, options),
  (url) => new WebSocket(url),
);

const nodeOutside: Outside = {
  ...web,
  files: (url) => (url.startsWith('file:') ? folderFiles(fileURLToPath(url)) : web.files(url)),
};
