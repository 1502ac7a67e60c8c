import { z } from 'zod';

const path = z
  .string()
  .max(1024)
  .refine((text) => text.split('/').every(isName), 'is not a relative path');

const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('file'),
    path,
    mode: z.number().int().min(0).max(0o7777),
    bytes: z
      .number()
      .int()
      .nonnegative()
      .max(2 ** 28),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Relative to public/machine/. An image's blob lies once, where the registry answers with it. */
    file: z.string().regex(/^(?:\.\.\/registry\/)?[A-Za-z0-9._/-]+$/),
  }),
  z.object({ type: z.literal('symlink'), path, target: z.string().min(1).max(1024) }),
]);
export type ShareEntry = z.infer<typeof entrySchema>;
export type ShareFile = Extract<ShareEntry, { type: 'file' }>;

/** The artifact `share`: what a machine finds in /usr/share/twinhull. Folders are those that the paths name. */
export const shareManifestSchema = z.object({
  version: z.literal(1),
  entries: z.array(entrySchema).max(20_000),
});
export type ShareManifest = z.infer<typeof shareManifestSchema>;

function isName(name: string): boolean {
  return name.length > 0 && name.length <= 255 && name !== '.' && name !== '..' && !name.includes('\0');
}
