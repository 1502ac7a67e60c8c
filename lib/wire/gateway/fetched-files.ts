import { chunksOf } from '../../base/stream-chunks';
import { HullError } from '../../base/hull-error';
import type { StaticFiles } from './registry';

/** The part of `fetch` that reading files takes. */
export type FetchFile = (url: string, options: { signal: AbortSignal }) => Promise<Response>;

/**
 * The files below a URL. They come as the server stores them: a body that it compressed has no length that could be told before its end.
 * @param folderUrl absolute
 */
export function fetchedFiles(folderUrl: string, fetchFile: FetchFile): StaticFiles {
  const folder = folderUrl.endsWith('/') ? folderUrl : `${folderUrl}/`;
  return async (path, signal) => {
    const response = await fetchFile(`${folder}${path}`, { signal });
    if (response.status === 404) return undefined;
    if (!response.ok || !response.body)
      throw new HullError(
        'registry-unreachable',
        `The site answered ${response.status} ${response.statusText} for ${path} of the registry.`,
        'Check that the folder public/registry/ was published with the site.',
      );
    const length = response.headers.get('content-length');
    const isPlain = !response.headers.has('content-encoding');
    return {
      bytes: isPlain && length !== null ? Number(length) : undefined,
      chunks: chunksOf(response.body),
    };
  };
}
