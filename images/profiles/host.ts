import { busybox } from '../build/busybox';
import { rootStep } from '../build/root';

/** The learner's computer. */
export const hostRoot = rootStep('root-host', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'files', folder: 'images/rootfs/placeholder' },
  { type: 'step', step: busybox },
]);
