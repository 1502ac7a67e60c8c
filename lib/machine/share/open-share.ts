import type { Assets } from '../assets';
import type { ShareActivity } from '../machine';
import type { Platform } from '../platform';
import { shareActivityEvents } from './activity';
import { AssetShare } from './content';
import { ShareDevice } from './device';

/**
 * The device for one run of a machine. Whoever opens it disposes of it, and is told how its activity changes.
 * @param name of the artifact that lists the share's files
 */
export function openShare(
  name: string,
  assets: Assets,
  platform: Pick<Platform, 'scheduler' | 'ownTime'>,
  onChange: (change: (before: ShareActivity) => ShareActivity) => void,
): ShareDevice {
  return new ShareDevice(new AssetShare(name, assets, platform, shareActivityEvents(onChange)));
}
