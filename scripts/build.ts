// npm run build: the static site in out/, ready for any static host.
import { buildImages } from '../images/build/build-images';
import { buildSite } from './site/build';

await buildImages();
await buildSite();
