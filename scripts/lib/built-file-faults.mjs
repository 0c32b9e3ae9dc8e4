import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { isPublished } from './bundled-packages.mjs';
import { listFiles } from './list-files.mjs';
import { sourceReferences } from './source-references.mjs';

const CODE = /\.[cm]?[jt]s$/;
// A reference to Node's own types, which everybody who compiles for Node has.
const NODE_TYPES = 'node';

/** What an installed package's built files need and a user would not have, as lines. */
export function builtFileFaults(directory, manifest, packages) {
  const privateNames = packages
    .filter((candidate) => !isPublished(candidate))
    .map((candidate) => candidate.manifest.name);
  const declared = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });
  const known = new Set([manifest.name, NODE_TYPES, ...builtinModules, ...declared]);
  return listFiles(join(directory, 'dist')).flatMap((path) => {
    const content = readFileSync(path, 'utf8');
    const file = relative(directory, path);
    const named = privateNames
      .filter((name) => content.includes(name))
      .map((name) => `${file} still names ${name}, which is not published. Let tsup bundle its code and its types.`);
    const undeclared = [...undeclaredPackages(path, content, known)].map(
      (name) => `${file} imports ${name}, which the manifest does not declare. Add it to dependencies, or bundle it.`,
    );
    return [...named, ...undeclared];
  });
}

function undeclaredPackages(path, content, known) {
  const names = CODE.test(path)
    ? sourceReferences(path, content)
        .filter(({ text, isImport }) => isImport && !text.startsWith('.') && !text.startsWith('node:'))
        .map(({ text }) => text.split('/', text.startsWith('@') ? 2 : 1).join('/'))
    : [];
  return new Set(names.filter((name) => !known.has(name)));
}
