import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/bin.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  // One directory that needs nothing else: it starts fast, and each command loads only its own chunks. But a native part
  // cannot be bundled, and few need PostgreSQL: the drivers are loaded when a ledger is opened, by the commands that do.
  noExternal: [/^(?!(?:better-sqlite3|pg)$)/],
  external: ['better-sqlite3', 'pg'],
  splitting: true,
  // Libraries in CommonJS ask for node's own modules by `require`, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  clean: true,
  // For scripts/write-notice.mjs, which removes it.
  metafile: true,
});
