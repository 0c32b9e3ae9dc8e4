import { relative } from 'node:path';
import { infospacePaths } from './infospace-paths.js';
import { ensureDirectory, readFileIfThere, replaceFile } from './storage/files.js';

/** Locks, indexes and marks of open runs are of this machine and this moment; plans, usage and summary belong into version control. */
const IGNORED = `# Written by budget: locks, indexes, open runs and temporary files, of this machine only.
.lock*/
.*.tmp-*
.index*
runs/.open/
`;

/**
 * Makes a directory an infospace: `budget.yaml`, its JSON Schema for editors, and a `.gitignore` for locks and indexes.
 * What is there is left as it is. Returns the files that were written.
 */
export async function initInfospace(root: string): Promise<string[]> {
  // With the libraries that check settings; nobody else pays for loading them.
  const { newSettingsFile, settingsJsonSchema } = await import('./documents/settings.js');
  const paths = infospacePaths(root);
  await ensureDirectory(paths.budgetDirectory);
  const schemaReference = `./${relative(paths.root, paths.settingsSchema)}`;
  const files = [
    { path: paths.settings, text: newSettingsFile(schemaReference) },
    { path: paths.settingsSchema, text: `${JSON.stringify(settingsJsonSchema(), null, 2)}\n` },
    { path: `${paths.budgetDirectory}/.gitignore`, text: IGNORED },
  ];
  const written: string[] = [];
  for (const { path, text } of files) {
    if ((await readFileIfThere(path)) !== null) continue;
    await replaceFile(path, text);
    written.push(path);
  }
  return written;
}
