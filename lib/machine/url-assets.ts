import { chunksOf } from '../base/stream-chunks';
import type { AssetSource } from './platform';

export interface Web {
  fetch(input: string, init: { signal: AbortSignal; cache?: RequestCache }): Promise<Response>;
  importModule(url: string): Promise<unknown>;
}

/** Artifacts under a URL, which ends in a slash; what is made of them is the caller's. */
export function urlAssets(baseUrl: string, web: Web): Omit<AssetSource, 'compile'> {
  const urlOf = (file: string) => new URL(file, baseUrl).href;
  const get = async (url: string, signal: AbortSignal, cache: RequestCache = 'default') => {
    const response = await web.fetch(url, { signal, cache });
    if (!response.ok) throw new Error(`${url} answers ${response.status} ${response.statusText}`);
    return response;
  };
  const encodedBytes = new Map<string, number>();
  return {
    // Everything else is named by its content; this one name stays while its content changes.
    readManifest: async (signal): Promise<unknown> =>
      (await get(urlOf('manifest.json'), signal, 'no-cache')).json(),
    read: async (artifact, signal, onBytes) => {
      const response = await get(urlOf(artifact.file), signal);
      if (!response.body) throw new Error('the answer has no body');
      const encoded = Number(response.headers.get('content-length') ?? NaN);
      if (encoded > 0) encodedBytes.set(artifact.file, encoded);
      const bytes = new Uint8Array(artifact.bytes);
      let length = 0;
      for await (const chunk of chunksOf(response.body)) {
        // Too long: what came is of no use, only its length is.
        if (length + chunk.length > bytes.length) return new Uint8Array(length + chunk.length);
        bytes.set(chunk, length);
        length += chunk.length;
        onBytes(chunk.length);
      }
      return bytes.subarray(0, length);
    },
    transferredBytes: (artifact) => {
      const told = encodedBytes.get(artifact.file);
      if (told !== undefined) return told;
      // Of a body that came without its length. It may not be there yet: it is written a little after the end.
      const entry = performance.getEntriesByName(urlOf(artifact.file)).at(-1);
      return entry instanceof PerformanceResourceTiming ? entry.encodedBodySize || undefined : undefined;
    },
    importModule: (artifact) => web.importModule(urlOf(artifact.file)),
  };
}
