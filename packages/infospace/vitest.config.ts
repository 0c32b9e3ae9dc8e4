import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // As the build does: a YAML file is its text.
      name: 'yaml-as-text',
      transform: (code, id) => (id.endsWith('.yaml') ? `export default ${JSON.stringify(code)}` : undefined),
    },
  ],
});
