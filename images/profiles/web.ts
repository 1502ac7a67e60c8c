import { busybox } from '../build/busybox';
import { rootStep } from '../build/root';

/** A machine that boots straight into the web service. */
export const webRoot = rootStep('root-web', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'files', folder: 'images/rootfs/placeholder' },
  { type: 'step', step: busybox },
]);
