import type { Disposable } from '../../base/lifecycle';
import type { Assets } from '../assets';
import { failures } from '../failures';
import type { Platform } from '../platform';
import { type ShareFileEvents, ShareFiles } from './files';
import { type ShareFile, shareManifestSchema } from './manifest';
import { type Soon, whenThere } from './promptly';
import type { ShareContent } from './server';
import { ShareTree } from './tree';

/** Browsers have six connections for a host. */
const atOnce = 4;

/** A share whose list of files is an artifact, fetched when the guest first looks. */
export class AssetShare implements ShareContent, Disposable {
  private readonly files: ShareFiles;
  private loaded: ShareTree | undefined;
  /** What crossed the network for a path, where that is known. */
  private readonly transferred = new Map<string, number>();

  /** @param name of the artifact that holds a `ShareManifest` */
  constructor(
    private readonly name: string,
    private readonly assets: Assets,
    platform: Pick<Platform, 'scheduler' | 'ownTime'>,
    private readonly events: ShareFileEvents,
  ) {
    this.files = new ShareFiles({
      fetch: async ({ path, file, bytes, sha256 }, signal, onBytes) => {
        const stored = { name: path, file, bytes, sha256 };
        const content = await assets.fetch(stored, signal, onBytes);
        this.transferred.set(path, assets.transferredBytesOf(stored));
        return content;
      },
      scheduler: platform.scheduler,
      // Where a machine must do the same every time, its files arrive in the order in which it asked.
      atOnce: platform.ownTime ? 1 : atOnce,
      events: {
        ...events,
        onArrived: (path, bytes) => events.onArrived(path, this.transferred.get(path) ?? bytes),
      },
    });
  }

  tree(): Soon<ShareTree> {
    if (this.loaded) return this.loaded;
    return whenThere(this.files.read(this.list()), (bytes) => (this.loaded ??= this.parse(bytes)));
  }

  read(file: ShareFile): Soon<Uint8Array> {
    return this.files.read(file);
  }

  dispose(): void {
    this.files.dispose();
  }

  private list(): ShareFile {
    try {
      const { file, bytes, sha256 } = this.assets.find(this.name);
      return { type: 'file', path: this.name, mode: 0, file, bytes, sha256 };
    } catch (cause) {
      this.events.onFailed(this.name, cause);
      throw cause;
    }
  }

  private parse(bytes: Uint8Array): ShareTree {
    try {
      const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      return new ShareTree(shareManifestSchema.parse(json).entries);
    } catch (cause) {
      const error = failures.assetAltered(this.name, 'it is not a list of files', cause);
      this.events.onFailed(this.name, error);
      throw error;
    }
  }
}
