import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** Makes one plain module of a source file, for processes that cannot read TypeScript; returns its path. */
export async function bundle(source, directory) {
  const [name] = source.split('/').at(-1).split('.');
  await build({
    config: false,
    silent: true,
    entry: { [name]: fileURLToPath(new URL(source, import.meta.url)) },
    outDir: directory,
    format: ['esm'],
    target: 'node20',
    noExternal: [/.*/],
    // As in the package itself.
    loader: { '.yaml': 'text', '.jsonl': 'text' },
    outExtension: () => ({ js: '.mjs' }),
  });
  return join(directory, `${name}.mjs`);
}
