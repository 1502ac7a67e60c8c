import { hullweb, init } from '../build/programs';
import { rootStep } from '../build/root';

/** A machine that boots straight into the web service: the agent and the service, and no shell. */
export const webRoot = rootStep('root-web', [
  { type: 'files', folder: 'images/rootfs/skeleton' },
  { type: 'step', step: init },
  { type: 'step', step: hullweb },
]);
