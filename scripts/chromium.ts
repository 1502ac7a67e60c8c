import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';
import { installDebianPackages } from '../images/build/debian-packages';

/** Another Chromium or Chrome: TWINHULL_CHROMIUM=/path/to/chrome */
const executablePath = process.env['TWINHULL_CHROMIUM'] ?? '/usr/bin/chromium';

/** Installs Debian's Chromium when it is missing and that is possible, else says what to do. */
export async function ensureChromium(): Promise<void> {
  const present = await access(executablePath).then(
    () => true,
    () => false,
  );
  if (!present) await installDebianPackages(['chromium'], 'the browser tests');
}

/** A name under which the browser finds this computer and takes it for another. */
export const otherHost = 'another-computer.test';

/** A headless browser that makes no connections of its own. */
export async function launchChromium(): Promise<Browser> {
  await ensureChromium();
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${otherHost} 127.0.0.1`,
    ],
  });
}
