// npm run uplink: leads the machines of a self-hosted site to the internet (docs/uplink.md).
import { messageOf } from '../lib/base/hull-error';
import { startUplink } from './uplink';

const {
  TWINHULL_UPLINK_HOST: host = '127.0.0.1',
  TWINHULL_UPLINK_PORT: port = '8931',
  TWINHULL_UPLINK_ORIGINS: origins = '',
} = process.env;

if (origins === '') {
  console.error(
    'Say whose pages may use the uplink: TWINHULL_UPLINK_ORIGINS=https://lab.example.org (several with commas).',
  );
  process.exit(2);
}
try {
  const { url } = await startUplink({
    host,
    port: Number(port),
    origins: origins.split(',').map((origin) => origin.trim()),
    maxPages: 200,
  });
  console.log(`The uplink is at ${url} — Ctrl+C ends it.`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
