// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md, what reads; files as in images/engine/registry/LAYOUT.md
import { headerOf, type HttpHeader } from '../formats/http-head';
import type { HttpAnswer, HttpRequest } from './http/http-server';
import { collect } from './http/message-reader';
import { Sha256 } from './sha256';

/** A file of the registry's folder, on its way. */
export interface StaticFile {
  /** Where it is known. */
  bytes?: number | undefined;
  chunks: AsyncIterable<Uint8Array>;
}

/** Opens a file by its path below the folder: `v2/library/nginx/manifests/latest`. Undefined if there is none. */
export type StaticFiles = (path: string, signal: AbortSignal) => Promise<StaticFile | undefined>;

export interface RegistryCounters {
  blobs: number;
  bytes: number;
  /** Files whose bytes were not those that their name promises. They never arrive whole. */
  altered: number;
}

/** What the engine takes (images/engine/distribution). */
const maxManifestBytes = 4 * 1024 * 1024;
const name = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*';
const digest = 'sha256:[0-9a-f]{64}';
const tag = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const routes = {
  manifest: new RegExp(`^/v2/(${name})/manifests/(${digest}|${tag})$`),
  blob: new RegExp(`^/v2/(${name})/blobs/(${digest})$`),
  referrers: new RegExp(`^/v2/(${name})/referrers/(${digest})$`),
  tags: new RegExp(`^/v2/(${name})/tags/list$`),
};
const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Serves the public registry's folder as a registry. Whatever has a digest is hashed on its way. */
export class Registry {
  readonly counters: RegistryCounters = { blobs: 0, bytes: 0, altered: 0 };

  constructor(private readonly files: StaticFiles) {}

  readonly handle = async (request: HttpRequest): Promise<HttpAnswer> => {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD')
      return problem(405, 'UNSUPPORTED', 'this registry can only be read');
    if (path === '/v2/' || path === '/v2') return json(200, {});
    if (path === '/v2/_catalog') return this.list('v2/_catalog');
    const manifest = routes.manifest.exec(path);
    if (manifest) return this.manifest(manifest[1] ?? '', manifest[2] ?? '');
    const blob = routes.blob.exec(path);
    if (blob) return this.blob(blob[1] ?? '', blob[2] ?? '', request);
    const referrers = routes.referrers.exec(path);
    if (referrers) return this.referrers(referrers[1] ?? '', referrers[2] ?? '');
    const tags = routes.tags.exec(path);
    if (tags) return this.list(`v2/${tags[1]}/tags/list`);
    return problem(404, 'NOT_FOUND', 'a registry has nothing there');
  };

  private async manifest(repository: string, reference: string): Promise<HttpAnswer> {
    const bytes = await this.whole(`v2/${repository}/manifests/${reference}`);
    if (!bytes) return problem(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const found = `sha256:${new Sha256().update(bytes).digest()}`;
    if (reference.includes(':') && found !== reference) {
      this.counters.altered += 1;
      return problem(
        502,
        'MANIFEST_INVALID',
        `the file of this manifest is ${found}, not what its name says`,
      );
    }
    return {
      status: 200,
      headers: [['Content-Type', mediaTypeOf(bytes)], ['Docker-Content-Digest', found], ...common],
      body: bytes,
    };
  }

  private async blob(repository: string, id: string, request: HttpRequest): Promise<HttpAnswer> {
    const abort = new AbortController();
    const file = await this.files(`v2/${repository}/blobs/${id}`, abort.signal);
    if (!file) return problem(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    const { bytes } = file;
    const headers: HttpHeader[] = [
      ['Content-Type', 'application/octet-stream'],
      ['Docker-Content-Digest', id],
      ['Accept-Ranges', 'bytes'],
      ['Cache-Control', 'public, max-age=31536000, immutable'],
      ...common,
    ];
    if (request.method === 'HEAD') {
      abort.abort();
      return { status: 200, headers, body: { bytes, chunks: nothing() } };
    }
    this.counters.blobs += 1;
    const range = bytes === undefined ? undefined : rangeOf(headerOf(request.headers, 'range'), bytes);
    if (range === 'unsatisfiable') {
      abort.abort();
      return { ...problem(416, 'RANGE_INVALID', `the blob has ${bytes} bytes`) };
    }
    if (!range)
      return { status: 200, headers, body: { bytes, chunks: this.verified(file, id, abort, 0, Infinity) } };
    headers.push(['Content-Range', `bytes ${range.first}-${range.last}/${bytes}`]);
    return {
      status: 206,
      headers,
      body: {
        bytes: range.last - range.first + 1,
        chunks: this.verified(file, id, abort, range.first, range.last + 1),
      },
    };
  }

  /**
   * The bytes from `first` up to `end`, of which the last piece is held back until all are known to be right. A part of a
   * file is right if the whole is, so the rest is hashed as well.
   */
  private async *verified(
    file: StaticFile,
    id: string,
    abort: AbortController,
    first: number,
    end: number,
  ): AsyncGenerator<Uint8Array, void> {
    const hash = new Sha256();
    let at = 0;
    let held: Uint8Array | undefined;
    try {
      for await (const chunk of file.chunks) {
        hash.update(chunk);
        const part = chunk.subarray(Math.max(0, first - at), Math.max(0, end - at));
        at += chunk.length;
        if (part.length === 0) continue;
        if (held) {
          this.counters.bytes += held.length;
          yield held;
        }
        held = part;
      }
      const found = `sha256:${hash.digest()}`;
      if (found !== id) {
        this.counters.altered += 1;
        throw new Error(`the file of ${id} is ${found}`);
      }
      if (held) {
        this.counters.bytes += held.length;
        yield held;
      }
    } finally {
      abort.abort();
    }
  }

  private async referrers(repository: string, id: string): Promise<HttpAnswer> {
    const bytes = await this.whole(`v2/${repository}/referrers/${id}`);
    const none = { schemaVersion: 2, mediaType: indexType, manifests: [] };
    return {
      status: 200,
      headers: [['Content-Type', indexType], ...common],
      body: bytes ?? new TextEncoder().encode(JSON.stringify(none)),
    };
  }

  private async list(path: string): Promise<HttpAnswer> {
    const bytes = await this.whole(path);
    if (!bytes) return problem(404, 'NAME_UNKNOWN', 'repository name not known to registry');
    return { status: 200, headers: [['Content-Type', 'application/json'], ...common], body: bytes };
  }

  private async whole(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const abort = new AbortController();
    try {
      const file = await this.files(path, abort.signal);
      return file && (await collect(file.chunks, maxManifestBytes));
    } finally {
      abort.abort();
    }
  }
}

const common: readonly HttpHeader[] = [['Docker-Distribution-Api-Version', 'registry/2.0']];

function json(status: number, value: unknown): HttpAnswer {
  return {
    status,
    headers: [['Content-Type', 'application/json'], ...common],
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

function problem(status: number, code: string, message: string): HttpAnswer {
  return json(status, { errors: [{ code, message }] });
}

/** A manifest says what it is; of OCI's that leave it out, an index has `manifests`. */
function mediaTypeOf(bytes: Uint8Array): string {
  try {
    const manifest: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof manifest !== 'object' || manifest === null) return manifestType;
    if (
      'mediaType' in manifest &&
      typeof manifest.mediaType === 'string' &&
      /^[\x21-\x7e]+$/.test(manifest.mediaType)
    )
      return manifest.mediaType;
    return 'manifests' in manifest ? indexType : manifestType;
  } catch {
    return manifestType;
  }
}

/** RFC 9110, 14.2: one range; several, or other units, are as none. */
function rangeOf(
  header: string | undefined,
  bytes: number,
): { first: number; last: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (!match || (from === '' && to === '')) return undefined;
  const first = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (to !== '' && from !== '' && Number(to) < first) return undefined;
  return first > last ? 'unsatisfiable' : { first, last };
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {
  // For HEAD, whose body is only announced.
}
