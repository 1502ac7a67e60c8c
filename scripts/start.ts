// npm start: everything from a fresh clone to a served site.
import { parseArgs } from 'node:util';
import { messageOf } from '../lib/base/hull-error';
import { buildImages } from '../images/build/build-images';
import { buildSite, siteFolder } from './site/build';
import { serveSite } from './site/server';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env['PORT'] ?? '3000' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});

function step(text: string): void {
  console.log(`\n▸ ${text}`);
}

try {
  step('1/3 guest images: kernel, firmware, root file systems (built once, then taken from the cache)');
  await buildImages();
  step('2/3 the site');
  await buildSite();
  step('3/3 serving');
  const server = await serveSite(siteFolder, { port: Number(values.port), host: values.host });
  console.log(`\nTwinhull is at ${server.url} — Ctrl+C ends it.`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(`\nnpm start stopped: ${messageOf(error)}`);
  process.exitCode = 1;
}
