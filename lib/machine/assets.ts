import { messageOf } from '../base/hull-error';
import { failures } from './failures';
import { type Artifact, type Manifest, manifestSchema } from './manifest';
import type { AssetSource, StoredFile } from './platform';

/** The right length is all that is known of `bytes` until `checked` resolves: nothing made of them may run before. */
export interface Unchecked {
  bytes: Uint8Array<ArrayBuffer>;
  checked: Promise<void>;
}

/** Artifacts by name, each checked against the manifest before anybody sees it. */
export class Assets {
  private constructor(
    private readonly source: AssetSource,
    private readonly manifest: Manifest,
  ) {}

  static async open(source: AssetSource, signal: AbortSignal): Promise<Assets> {
    const read = await source.readManifest(signal).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw failures.assetMissing('manifest.json', cause);
    });
    const parsed = manifestSchema.safeParse(read);
    if (!parsed.success)
      throw failures.assetAltered('manifest.json', parsed.error.issues[0]?.message ?? 'bad');
    return new Assets(source, parsed.data);
  }

  find(name: string): Artifact {
    const artifact = this.manifest.artifacts.find((candidate) => candidate.name === name);
    if (!artifact) throw failures.assetMissing(name, new Error('the manifest does not name it'));
    return artifact;
  }

  async read(
    name: string,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.fetch(this.find(name), signal, onBytes);
  }

  /** For what may be made ready while it is still being checked. */
  async readUnchecked(
    name: string,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Unchecked> {
    return this.fetchUnchecked(this.find(name), signal, onBytes);
  }

  /** A file that an artifact names, where the manifest names the artifact. */
  async fetch(
    artifact: StoredFile,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, checked } = await this.fetchUnchecked(artifact, signal, onBytes);
    await checked;
    return bytes;
  }

  private async fetchUnchecked(
    artifact: StoredFile,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Unchecked> {
    const { name } = artifact;
    const bytes = await this.source.read(artifact, signal, onBytes).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw failures.assetMissing(name, cause);
    });
    if (bytes.length !== artifact.bytes) {
      throw failures.assetAltered(name, `it has ${bytes.length} bytes instead of ${artifact.bytes}`);
    }
    const checked = sha256(bytes).then((found) => {
      if (found !== artifact.sha256) throw failures.assetAltered(name, 'its SHA-256 differs');
    });
    // Whoever waits for it hears of a failure; nobody does when something else fails first.
    checked.catch(() => {});
    return { bytes, checked };
  }

  /** The file is read and checked first; its name holds its hash, so the import gets the same file. */
  async importModule(name: string, signal: AbortSignal, onBytes: (count: number) => void): Promise<unknown> {
    await this.read(name, signal, onBytes);
    return this.source.importModule(this.find(name)).catch((cause: unknown) => {
      throw failures.assetAltered(name, `it does not run: ${messageOf(cause)}`);
    });
  }

  async compile(
    name: string,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<WebAssembly.Module> {
    const artifact = this.find(name);
    const before = this.source.compiled?.(artifact);
    if (!before) return this.source.compile(artifact, await this.fetch(artifact, signal, onBytes));
    onBytes(artifact.bytes);
    return before;
  }

  /** As transferred where the platform tells, else as stored. */
  transferredBytes(name: string): number {
    return this.transferredBytesOf(this.find(name));
  }

  /** The same of a file that an artifact names. */
  transferredBytesOf(file: StoredFile): number {
    return this.source.transferredBytes(file) ?? file.bytes;
  }
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
