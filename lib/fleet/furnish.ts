import { HullError } from '../base/hull-error';
import type { Guest } from '../guest/guest';
import type { LabMachine } from './description';

/** @throws HullError the guest's, with the path */
export async function writeFiles(guest: Guest, files: LabMachine['files'] = []): Promise<void> {
  const encoder = new TextEncoder();
  for (const { path, text, mode } of files)
    await guest.writeFile(path, encoder.encode(text), mode === undefined ? {} : { mode });
}

/** @throws HullError `no-image`, with what the engine's client said */
export async function getImages(
  guest: Guest,
  images: LabMachine['images'] = [],
  signal: AbortSignal,
): Promise<void> {
  for (const image of images) {
    const what = image.type === 'pull' ? image.image : image.path;
    const argv: [string, ...string[]] =
      image.type === 'pull' ? ['docker', 'pull', '--quiet', what] : ['docker', 'load', '--quiet', '-i', what];
    const { status, stderr } = await guest.run({ argv }, signal);
    if (status.type !== 'exited' || status.code !== 0)
      throw new HullError(
        'no-image',
        `The image ${what} could not be got: ${new TextDecoder().decode(stderr).trim()}`,
        'Check its name, and that the lab has a gateway that serves it.',
      );
  }
}
