import { z } from 'zod';

/** How one direction of a link treats frames. All of it can be changed while frames are under way. */
export const linkSettingsSchema = z.strictObject({
  /** A link that is down loses everything, also what was under way, and has no carrier at either end. */
  up: z.boolean(),
  /** Milliseconds that a frame is under way. 10 s each way is four times to the Moon and back, and TCP still tries. */
  delayMs: z.number().min(0).max(10_000),
  /** Each frame's delay differs by up to so much, evenly spread. Frames stay in order. */
  jitterMs: z.number().min(0).max(10_000),
  /** Probability that a frame of a size that a cable carries is lost. */
  loss: z.number().min(0).max(1),
  /** Bits per second with preamble, padding, FCS and gap; 0 for no limit. With 1000 one full frame takes 12 s. */
  bitsPerSecond: z.union([z.literal(0), z.number().min(1000).max(1e12)]),
  /** Bytes that may wait for their turn when there is a limit. */
  queueBytes: z
    .number()
    .min(0)
    .max(16 * 1024 * 1024),
});
export type LinkSettings = z.infer<typeof linkSettingsSchema>;

/** No delay, no loss, no limit: frames pass at once, in the same turn. */
export const perfectLink: LinkSettings = {
  up: true,
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  bitsPerSecond: 0,
  // 100 full frames, as the transmit ring of many a small card.
  queueBytes: 150_000,
};
