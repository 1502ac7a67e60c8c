import { type FetchFile, fetchedFiles } from './fetched-files';
import type { StaticFiles } from './registry';
import { messageSocket, type PlainWebSocket } from './uplink/web-socket';
import type { MessageSocket } from './uplink/wisp-client';

/** What a gateway reaches beyond the wire, by the URLs in its settings. */
export interface Outside {
  /** The files of a folder. Nothing is asked for before one is opened. */
  files(folderUrl: string): StaticFiles;
  /** A WebSocket, on its way. */
  dial(url: string): MessageSocket;
}

/** @param openSocket makes a WebSocket: a worker's, or Node's `ws` */
export function webOutside(fetchFile: FetchFile, openSocket: (url: string) => PlainWebSocket): Outside {
  return {
    files: (folderUrl) => fetchedFiles(folderUrl, fetchFile),
    dial: (url) => messageSocket(openSocket(url)),
  };
}
