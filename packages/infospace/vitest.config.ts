import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Real processes take their time where others work on the same machine.
  test: { testTimeout: 60_000 },
  plugins: [
    {
      // As the build does: such a file is its text.
      name: 'files-as-text',
      transform: (code, id) => (/\.(?:yaml|jsonl)$/.test(id) ? `export default ${JSON.stringify(code)}` : undefined),
    },
  ],
});
