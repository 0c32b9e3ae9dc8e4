import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    meter: 'src/meter/index.ts',
    postgres: 'src/stores/postgres/index.ts',
    sqlite: 'src/stores/sqlite/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  // core is private: its code and its types go into this package, so that it installs and works alone. The polyfill is an
  // ES module only, which CommonJS on Node 20 cannot load (NOTICE.md has its licence).
  noExternal: ['@budget/core', /^temporal-/],
  // By its path, because types that come from node_modules are left as imports.
  dts: { compilerOptions: { paths: { '@budget/core': ['../core/src/index.ts'] } } },
  clean: true,
});
