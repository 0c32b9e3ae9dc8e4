import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const source = new URL('../', import.meta.url);

/** Makes plain modules of source files, for processes that cannot read TypeScript, in a directory of their own. */
export async function bundled(entry: Readonly<Record<string, string>>, directory: string): Promise<void> {
  await build({
    config: false,
    silent: true,
    entry: Object.fromEntries(
      Object.entries(entry).map(([name, file]) => [name, fileURLToPath(new URL(file, source))]),
    ),
    outDir: directory,
    format: ['esm'],
    target: 'node20',
    external: ['better-sqlite3'],
    noExternal: [/^(?!better-sqlite3)/],
    outExtension: () => ({ js: '.mjs' }),
  });
}

/** Lets them import what this package imports. */
export function withDriver(directory: string): void {
  symlinkSync(fileURLToPath(new URL('../node_modules', source)), join(directory, 'node_modules'));
}
