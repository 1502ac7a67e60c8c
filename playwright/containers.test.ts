import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './bench-page';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
// A page that stays open keeps its machine, and its core, busy.
afterEach(() => Promise.all(site.browser.contexts().map((context) => context.close())));

/** An image of a shell and nothing else. */
const makeImage =
  'mkdir -p /tmp/tiny/bin && cp /bin/busybox /tmp/tiny/bin/sh && tar -C /tmp/tiny -c . | docker import - tiny';
const stays = 'tiny sh -c "echo hello; while :; do read -t 9 line; done"';

/** A running machine whose containers are listed, and what types into its console. */
async function openContainers(...options: Parameters<OpenSite['newPage']>) {
  const bench = await BenchPage.open(await site.newPage(...options));
  await bench.start('Power on');
  const { page } = bench;
  const tab = (name: string) => page.getByRole('tab', { name, exact: true });
  let commands = 0;
  return {
    bench,
    page,
    tab,
    section: (name: string) => page.getByRole('region', { name, exact: true }),
    /** Types a command into the console, waits for its end and comes back. */
    async type(command: string) {
      await tab('Console').click();
      const mark = `typed-${++commands}`;
      await bench.type(`${command} && echo ${mark.replace('-', '-""')}`);
      await bench.shows(new RegExp(`^${mark}$`, 'm'));
      await tab('Containers').click();
    },
  };
}

describe('the list of what the engine has', () => {
  test('says what to type, and follows what is typed', async () => {
    const { type, section, tab } = await openContainers();
    await tab('Containers').click();
    await section('Containers').getByText('docker run -dit --name first').waitFor();
    await section('Networks').getByText('bridge · 172.17.0.0/16').waitFor();
    await type(makeImage);
    await section('Images').getByText('tiny:latest').waitFor();
    await type(`docker run -d --name seen ${stays}`);
    await section('Containers').getByText('Running').waitFor();
    await type('docker volume create kept && docker network create mine');
    await section('Volumes').getByText('local · /var/lib/docker/volumes/kept/_data').waitFor();
    await section('Networks').getByText('bridge · 172.18.0.0/16').waitFor();
    await type('docker kill seen');
    await section('Containers').getByText('Ended, status 137').waitFor();
    await type('docker rm seen && docker volume rm kept');
    await section('Containers').getByText('None yet.').waitFor();
    await section('Volumes').getByText('None yet.').waitFor();
  });

  test('starts, stops and removes, by the keyboard alone', async () => {
    const { page, type, section } = await openContainers();
    await type(`${makeImage} && docker create --name job ${stays}`);
    const button = (name: string) => section('Containers').getByRole('button', { name });
    await button('Start job').press('Enter');
    await section('Containers').getByText('job has been started.').waitFor();
    // The button is another one now, and still has the focus.
    await page.locator(':focus').and(button('Stop job')).press('Enter');
    await section('Containers').getByText('Ended, status 137').waitFor();
    await button('Remove job').press('Enter');
    await page.keyboard.press('Tab');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).press('Enter');
    await section('Containers').getByText('None yet.').waitFor();
    await page.getByRole('heading', { name: 'Containers' }).and(page.locator(':focus')).waitFor();
  });

  test('shows logs and opens a shell', async () => {
    const { bench, page, type, section, tab } = await openContainers();
    await type(`${makeImage} && docker run -d --name job ${stays}`);
    await section('Containers').getByRole('button', { name: 'Logs of job' }).click();
    await bench.shows(/^hello$/m);
    await section('Containers').getByRole('button', { name: 'Shell in job' }).click();
    await tab('In job').and(page.locator('[aria-selected=true]')).waitFor();
    await bench.type('echo $((40 + 2)) && exit 3');
    await bench.shows(/^42$/m);
    await page.getByText('This shell has ended: exit status 3.').waitFor();
    await tab('In job').press('Delete');
    await tab('Containers').and(page.locator('[aria-selected=true]:focus')).waitFor();
  });

  test('opens a published port in the preview', async () => {
    const { page, type, section, tab } = await openContainers();
    const serve = 'echo hello from the container > /tmp/index.html; exec httpd -f -h /tmp';
    await type(`docker run -d --name site -p 8081:80 busybox sh -c '${serve}'`);
    await section('Containers').getByRole('button', { name: 'Open :8081 of site' }).click();
    await tab('Preview').and(page.locator('[aria-selected=true]')).waitFor();
    await page.frameLocator('iframe').frameLocator('iframe').getByText('hello from the container').waitFor();
  });

  test('says what the engine refuses, in its words', async () => {
    const { page, type, section } = await openContainers();
    await type(`${makeImage} && docker run -d --name job -v held:/held ${stays}`);
    await section('Volumes').getByRole('button', { name: 'Remove held' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
    await section('Volumes').getByRole('alert').getByText('volume is in use').waitFor();
    await section('Volumes').getByRole('button', { name: 'Dismiss' }).click();
    await section('Volumes').getByRole('alert').waitFor({ state: 'detached' });
  });

  test('finds the engine again when that has been restarted', async () => {
    const { type, section } = await openContainers();
    await type('docker volume create before');
    await section('Volumes').getByText('before', { exact: true }).waitFor();
    await type('killall hulld && docker volume create after');
    await section('Volumes').getByText('after', { exact: true }).waitFor();
    await section('Volumes').getByText('before', { exact: true }).waitFor();
  });

  test.each(['light', 'dark'] as const)('is accessible and fits a phone: %s', async (colorScheme) => {
    const { page, type, section } = await openContainers({
      colorScheme,
      viewport: { width: 360, height: 740 },
    });
    await type(`${makeImage} && docker run -d --name job -v held:/held ${stays}`);
    await section('Containers').getByRole('button', { name: 'Logs of job' }).click();
    await page.getByRole('textbox', { name: 'Logs of job' }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
  });

  test('is not downloaded before it is opened', async () => {
    const page = await site.newPage();
    const scripts: string[] = [];
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script') {
        void response.text().then((text) => scripts.push(text));
      }
    });
    await page.goto('/workbench/', { waitUntil: 'networkidle' });
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((text) => text.includes('/containers/json'))).toEqual([]);
  });
});
