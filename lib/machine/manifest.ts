import { z } from 'zod';

/** One file under public/machine/, named by its content. */
export const artifactSchema = z.object({
  /** Stable name: `v86`, `v86-wasm`, `bios`, `vgabios`, `kernel`, `root-host`, `root-web`, `snapshot-host`. */
  name: z.string(),
  /** Relative to the manifest: `kernel.0123456789abcdef.bin`. */
  file: z.string().regex(/^[A-Za-z0-9._-]+$/),
  bytes: z.number().int().nonnegative(),
  /** Size of the precompressed siblings `file.br` and `file.gz`; absent where compressing gains nothing. */
  compressed: z.object({ br: z.number().int(), gz: z.number().int() }).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** What went in: Debian package or source to version. */
  versions: z.record(z.string(), z.string()),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** public/machine/manifest.json */
export const manifestSchema = z.object({
  version: z.literal(1),
  artifacts: z.array(artifactSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;
