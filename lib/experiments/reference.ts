import { z } from 'zod';

/** bench/results.json: one row a figure. */
export const resultsSchema = z.array(
  z.object({
    /** The words of the target table. */
    name: z.string(),
    unit: z.string(),
    median: z.number(),
    min: z.number(),
    max: z.number(),
    /** How many samples. */
    n: z.number().int(),
  }),
);
export type Results = z.infer<typeof resultsSchema>;

/** bench/environment.json: where and when the figures were taken. */
export const environmentSchema = z.object({
  /** ISO 8601 */
  takenAt: z.string(),
  cpu: z.string(),
  cores: z.number().int(),
  node: z.string(),
  chromium: z.string(),
});
export type BenchEnvironment = z.infer<typeof environmentSchema>;

export interface Reference {
  results: Results;
  environment: BenchEnvironment;
}
