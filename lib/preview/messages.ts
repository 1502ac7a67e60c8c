import { z } from 'zod';
import { previewLimits } from './limits';

const url = z.string().max(previewLimits.urlCharacters);
const field = z.tuple([z.string().max(256), z.string().max(8 * 1024)]).readonly();
const request = {
  method: z.string().max(32),
  url,
  fields: z.array(field).max(64).readonly(),
  body: z.instanceof(Uint8Array).optional(),
};

/**
 * What the frame says, in which pages of the guest run: believe nothing. `ask` wants an answer with its id, `go` another
 * page, `address` and `cookie` are what the page did to its history and its cookies.
 */
export const frameMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('ask'),
    id: z.number().int().nonnegative(),
    /** A resource may come from any machine of the lab, what a script asks for from its page's origin. */
    purpose: z.enum(['resource', 'fetch']),
    ...request,
  }),
  z.object({ type: z.literal('go'), ...request }),
  z.object({ type: z.literal('address'), url, replaces: z.boolean() }),
  z.object({ type: z.literal('cookie'), text: z.string().max(4096) }),
  z.object({ type: z.literal('shown'), title: z.string().max(1024) }),
  z.object({ type: z.literal('omitted'), what: z.string().max(512), why: z.string().max(512) }),
  z.object({ type: z.literal('went-away') }),
]);
export type FrameMessage = z.infer<typeof frameMessage>;

/** How a document is shown; `file` is not. */
export type Presentation = 'html' | 'text' | 'image' | 'file';

export interface CarriedAnswer {
  type: 'answered';
  url: string;
  isRedirected: boolean;
  status: number;
  reason: string;
  fields: readonly (readonly [string, string])[];
  body: Uint8Array;
  /** What `document.cookie` is from now on. */
  cookies: string;
}

/** What the frame is told. */
export type PageMessage =
  | { type: 'show'; presentation: Presentation; contentType: string; document: CarriedAnswer }
  | { type: 'answer'; id: number; answer: CarriedAnswer | { type: 'failed'; why: string } };
