import { type SharePart, shareCompression, shareFiles, shareList } from '../build/share';
import type { FilesPublication } from '../build/step';
import { tools } from '../build/tools';

/** What every guest with a share finds in /usr/share/twinhull. */
const parts: readonly SharePart[] = [{ folder: 'tools', tree: tools, kind: 'files' }];
const steps = parts.map(shareFiles);

export const share = shareList(steps);
export const sharedFiles: readonly FilesPublication[] = steps.map((step) => ({
  step,
  folder: 'files',
  compressed: shareCompression(step),
}));
