import { busybox } from '../build/busybox';
import { containerImage } from '../build/container-image';
import { hello, hullweb } from '../build/programs';

const busyboxImage = containerImage({ name: 'busybox', trees: [busybox], folders: true });
const helloImage = containerImage({ name: 'hello-world', trees: [hello], folders: false });
const webImage = containerImage({ name: 'web', trees: [hullweb], folders: false });

/** What the engine of a host has from the beginning. */
export const preloadedImages = [busyboxImage, helloImage, webImage] as const;
