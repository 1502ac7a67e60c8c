import { coldBoot } from './cold-boot';
import { download } from './download';
import { engine } from './engine';
import type { Bench } from './figure';
import { freshCloneEmpty, freshCloneFull } from './fresh-clone';
import { idle } from './idle';
import { inBrowser } from './in-browser';
import { lab } from './network/lab';
import { network } from './network/network';
import { pageJavascript } from './page-javascript';
import { runtimes } from './runtimes';
import { share } from './share';
import { switchAlone } from './switch';

/** In the order of the table. */
export const benches: readonly Bench[] = [
  coldBoot,
  inBrowser,
  runtimes,
  engine,
  share,
  switchAlone,
  network,
  lab,
  download,
  pageJavascript,
  idle,
  freshCloneFull,
  freshCloneEmpty,
];
