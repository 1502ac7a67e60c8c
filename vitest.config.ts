import { defineConfig } from 'vitest/config';

// Two projects: unit tests run side by side; whatever boots a guest runs one at a time, because a machine fills a core.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{lib,images,scripts,bench,components}/**/*.test.ts'],
          exclude: ['**/*.guest.test.ts', '**/node_modules/**'],
        },
      },
      {
        test: {
          name: 'guest',
          include: ['{lib,images,scripts,bench}/**/*.guest.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['playwright/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
