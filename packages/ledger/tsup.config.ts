import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    http: 'src/http/index.ts',
    meter: 'src/meter/index.ts',
    postgres: 'src/stores/postgres/index.ts',
    sqlite: 'src/stores/sqlite/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  // The private packages: their code and their types go into this one, so that it installs and works alone. The polyfill is an
  // ES module only, which CommonJS on Node 20 cannot load (NOTICE.md has its licence).
  noExternal: ['@budget/core', '@budget/serving', /^temporal-/],
  // By its path, because types that come from node_modules are left as imports.
  dts: {
    compilerOptions: {
      paths: { '@budget/core': ['../core/src/index.ts'], '@budget/serving': ['../serving/src/index.ts'] },
    },
  },
  clean: true,
});
