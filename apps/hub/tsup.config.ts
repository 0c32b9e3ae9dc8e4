import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { bin: 'src/bin.ts', index: 'src/index.ts' },
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  // Those two are private. All else is installed beside it: who runs a server wants its mends without waiting for ours.
  noExternal: ['@budget/core', '@budget/serving'],
  // By its path, because types that come from node_modules are left as imports.
  dts: {
    entry: { index: 'src/index.ts' },
    compilerOptions: {
      paths: {
        '@budget/core': ['../../packages/core/src/index.ts'],
        '@budget/serving': ['../../packages/serving/src/index.ts'],
      },
    },
  },
  splitting: true,
  clean: true,
});
