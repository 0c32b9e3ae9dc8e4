import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { composesSeveral, mayDeclare, mayUse } from './boundary-rule.mjs';
import { listFiles } from './list-files.mjs';
import { manifestReferences } from './manifest-references.mjs';
import { sourceReferences } from './source-references.mjs';
import { readWorkspace } from './workspace.mjs';

const SOURCE = /\.[cm]?[jt]sx?$|(^|\/)tsconfig[^/]*\.json$/;
const SKIPPED_NAMES = ['node_modules', 'dist', '.turbo', '.reports'];

/** Every place where a package reaches another one that it must not know, as `{ path, line, message }`. */
export function boundaryViolations(root) {
  const packages = readWorkspace(root);
  return packages.flatMap((subject) => [
    ...manifestViolations(subject, packages, root),
    ...sourceFiles(subject, root).flatMap((path) => fileViolations(subject, path, packages, root)),
  ]);
}

function sourceFiles({ directory }, root) {
  return listFiles(join(root, directory), SKIPPED_NAMES)
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => SOURCE.test(path) || isLink(join(root, path)));
}

function manifestViolations(subject, packages, root) {
  const path = `${subject.directory}/package.json`;
  return manifestReferences(subject.manifest).flatMap(({ section, key, text }) => {
    const target = findTarget(text, path, packages, root);
    if (target === undefined || target === subject || mayDeclare(subject, target, section)) return [];
    const message = mayUse(subject, target)
      ? `"${key}" stands in ${section}. It is private and gets bundled: move it to devDependencies.`
      : `"${key}" stands in ${section}, but ${forbidden(subject, target)}`;
    return [{ path, line: 1, message }];
  });
}

function fileViolations(subject, path, packages, root) {
  if (isLink(join(root, path))) return linkViolations(subject, path, root);
  const found = sourceReferences(path, readFileSync(join(root, path), 'utf8'))
    .map((reference) => ({ ...reference, target: findTarget(reference.text, path, packages, root) }))
    .filter(({ target }) => target !== subject);
  const single = found.flatMap(({ text, line, isImport, target }) => {
    if (target !== undefined && !mayUse(subject, target)) {
      return [{ path, line, message: `names "${text}", but ${forbidden(subject, target)}` }];
    }
    if (isImport && isRelative(text) && leaves(subject, resolve(root, dirname(path), text), root)) {
      return [
        {
          path,
          line,
          message: `imports "${text}", which lies outside of ${subject.directory}. Import the package by its name.`,
        },
      ];
    }
    return [];
  });
  const targets = found.flatMap(({ target }) => target ?? []);
  if (!composesSeveral(subject, targets)) return single;
  const names = [...new Set(targets.map(({ manifest }) => manifest.name))].join(', ');
  return [
    ...single,
    { path, line: 1, message: `uses ${names} together. Only apps/* and examples/* may; use one package a file.` },
  ];
}

function linkViolations(subject, path, root) {
  if (!leaves(subject, realpathSync(join(root, path)), realpathSync(root))) return [];
  return [
    {
      path,
      line: 1,
      message: `is a link that leads out of ${subject.directory}. Remove it and import the package by its name.`,
    },
  ];
}

function forbidden(subject, target) {
  return (
    `${subject.manifest.name} must not know ${target.manifest.name}, not even its types. ` +
    'Take what you need as a function or a structural type, and wire the two in apps/*.'
  );
}

function findTarget(text, fromPath, packages, root) {
  if (isRelative(text)) {
    const path = resolve(root, dirname(fromPath), text);
    return packages.find((candidate) => !leaves(candidate, path, root));
  }
  return packages.find(({ manifest }) => text === manifest.name || text.startsWith(`${manifest.name}/`));
}

function leaves({ directory }, path, root) {
  const inside = relative(join(root, directory), path);
  return inside === '..' || inside.startsWith(`..${sep}`);
}

const isRelative = (text) => /^\.{1,2}(\/|$)/.test(text);
const isLink = (path) => lstatSync(path).isSymbolicLink();
