import { busybox } from '../build/busybox';
import { containerInit, init, runtime, shim } from '../build/programs';
import { rootStep } from '../build/root';
import { preload } from '../build/preload';
import { toolLinks } from '../build/tools';
import { preloadedImages } from './containers';

/** The learner's computer. */
export const hostRoot = rootStep('root-host', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'step', step: busybox },
  { type: 'step', step: init },
  { type: 'step', step: runtime },
  { type: 'step', step: shim },
  { type: 'step', step: containerInit },
  { type: 'files', folder: 'images/rootfs/host' },
  { type: 'step', step: toolLinks },
  { type: 'step', step: preload(preloadedImages), modes: 'exact' },
]);
