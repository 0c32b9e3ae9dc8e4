import { defineConfig } from 'vitest/config';

// Real servers and processes take their time where others work on the same machine.
export default defineConfig({ test: { testTimeout: 60_000, expect: { poll: { timeout: 30_000 } } } });
