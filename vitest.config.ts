import { defineConfig } from 'vitest/config';

/** As in tsconfig.json. */
const resolve = { alias: { '@': import.meta.dirname } };

// Unit tests and guests run side by side, a file to a core (scripts/test.ts); in the browser one thing is measured at a time.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: 'unit',
          include: ['{lib,images,scripts,bench,components,server}/**/*.test.ts'],
          exclude: ['**/*.guest.test.ts', '**/node_modules/**'],
        },
      },
      {
        resolve,
        test: {
          name: 'guest',
          include: ['{lib,images,scripts,bench,server}/**/*.guest.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve,
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
