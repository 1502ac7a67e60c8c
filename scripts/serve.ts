// npm run serve: the site that `npm run build` left in out/.
import { messageOf } from '../lib/base/hull-error';
import { siteFolder } from './site/build';
import { serveSite } from './site/server';

try {
  const server = await serveSite(siteFolder, { port: Number(process.env['PORT'] ?? '3000') });
  console.log(`Twinhull is at ${server.url} — Ctrl+C ends it.`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
