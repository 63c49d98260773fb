import { defineConfig } from 'vitest/config';

// The harness's own tests. Checks of lessons are started by scripts/running/run-check.ts, without this file.
export default defineConfig({
  cacheDir: '.workshop/vite',
  test: {
    include: ['checks/harness-tests/**/*.test.ts', 'scripts/**/*.test.ts'],
    // Each check starts several processes: more at once than this disturb each other on two cores.
    maxConcurrency: 3,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
