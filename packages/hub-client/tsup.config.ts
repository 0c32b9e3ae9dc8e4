import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  // core is private: its code and its types go into this package, so that it installs and works alone.
  noExternal: ['@budget/core'],
  // By its path, because types that come from node_modules are left as imports.
  dts: { compilerOptions: { paths: { '@budget/core': ['../core/src/index.ts'] } } },
  clean: true,
});
