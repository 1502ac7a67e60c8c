import { busybox } from '../build/busybox';
import { containerNetwork, hullweb, init, runtime } from '../build/programs';
import { rootStep } from '../build/root';

/** The learner's computer. */
export const hostRoot = rootStep('root-host', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'step', step: busybox },
  { type: 'step', step: init },
  { type: 'step', step: runtime },
  { type: 'step', step: containerNetwork },
  {
    type: 'bundle',
    name: 'busybox',
    layers: [
      { type: 'files', folder: 'images/rootfs/skeleton' },
      { type: 'step', step: busybox },
    ],
  },
  {
    type: 'bundle',
    name: 'web',
    layers: [
      { type: 'files', folder: 'images/rootfs/skeleton' },
      { type: 'step', step: hullweb },
    ],
  },
]);
