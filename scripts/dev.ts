// npm run dev: Next's development server on top of the built guest images.
import { spawn } from 'node:child_process';
import { buildImages } from '../images/build/build-images';
import { buildPreviewFrame } from './site/preview-frame';

await buildImages();
await buildPreviewFrame();
spawn(process.execPath, ['node_modules/next/dist/bin/next', 'dev', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
}).once('exit', (code) => process.exit(code ?? 1));
