import { busybox } from '../build/busybox';
import { init } from '../build/programs';
import { rootStep } from '../build/root';

/** The learner's computer. */
export const hostRoot = rootStep('root-host', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'step', step: busybox },
  { type: 'step', step: init },
]);
