// The small zod: this is read before anybody presses anything.
import { z } from 'zod/mini';

/** A row of the list; the snapshot itself is kept apart. */
export const savedSnapshotSchema = z.object({
  id: z.string(),
  /** What the person calls it. */
  name: z.string(),
  /** Milliseconds since the epoch. */
  savedAt: z.number(),
  /** Size of the snapshot. */
  bytes: z.int().check(z.nonnegative()),
});
export type SavedSnapshot = z.infer<typeof savedSnapshotSchema>;
