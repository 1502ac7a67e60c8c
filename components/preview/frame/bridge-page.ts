import type { Talk } from './talk';

/** What the parts of the bridge share. */
export interface BridgePage {
  readonly talk: Talk;
  /** Of the page, as its scripts have renamed it. */
  readonly url: string;
  cookies: string;
}
