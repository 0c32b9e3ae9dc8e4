import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', archive: 'src/archive/index.ts', pricing: 'src/pricing/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  // core is private: its code and its types go into this package, so that it installs and works alone.
  // tokenx exists as ES module only, and this package is also required.
  noExternal: ['@budget/core', 'tokenx'],
  // By its path, because types that come from node_modules are left as imports.
  dts: { compilerOptions: { paths: { '@budget/core': ['../core/src/index.ts'] } } },
  loader: { '.yaml': 'text', '.jsonl': 'text' },
  clean: true,
});
