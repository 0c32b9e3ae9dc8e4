import { bundledPackages, isPublished } from './bundled-packages.mjs';
import { isChangesetFile, namesInChangeset } from './changeset-file.mjs';
import { readBlobs, readCommits } from './git-history.mjs';
import { isShippedSource } from './shipped-source.mjs';

const MANIFEST = /^(?!node_modules\/)([^/]+(?:\/[^/]+)?)\/package\.json$/;

/**
 * The commits that change what a published package ships without a changeset, in the same commit, that names it: as
 * `{ hash, subject, missing }`, where `missing` lists `{ name, path }` with one changed file of each package.
 */
export function missingChangesets(root) {
  const commits = readCommits(root);
  const directories = new Set(
    commits.flatMap(({ changes }) => changes.flatMap(({ path }) => MANIFEST.exec(path)?.[1] ?? [])),
  );
  const relevant = commits.filter(
    ({ changes, isCut }) => !isCut && changes.some(({ path }) => ownerOf(path, directories) !== undefined),
  );
  const packages = readPackages(root, relevant, [...directories]);
  const named = readNames(root, relevant);
  return relevant
    .map(({ hash, subject, changes }) => ({
      hash,
      subject,
      missing: changedPackages(changes, packages.get(hash)).filter(({ name }) => !named.get(hash).has(name)),
    }))
    .filter(({ missing }) => missing.length > 0);
}

/** The published packages whose own or bundled source these changes touch, each with the first such file. */
function changedPackages(changes, packages) {
  const directories = new Set(packages.map(({ directory }) => directory));
  const touched = new Map();
  for (const { path } of changes) {
    const owner = packages.find(({ directory }) => directory === ownerOf(path, directories));
    if (owner === undefined || touched.has(owner.manifest.name)) continue;
    if (isShippedSource(path.slice(owner.directory.length + 1), owner.manifest)) touched.set(owner.manifest.name, path);
  }
  return packages.filter(isPublished).flatMap(({ manifest: { name } }) => {
    const source = [name, ...bundledPackages(name, packages)].find((candidate) => touched.has(candidate));
    return source === undefined ? [] : [{ name, path: touched.get(source) }];
  });
}

/** The manifests as they were at each commit: what a package bundles today says nothing about an old commit. */
function readPackages(root, commits, directories) {
  const wanted = commits.flatMap(({ hash }) =>
    directories.map((directory) => ({ hash, directory, path: `${directory}/package.json` })),
  );
  const packages = new Map(commits.map(({ hash }) => [hash, []]));
  readBlobs(root, wanted).forEach((content, index) => {
    const { hash, directory } = wanted[index];
    const manifest = content === undefined ? undefined : parseManifest(content);
    if (manifest?.name !== undefined) packages.get(hash).push({ directory, manifest });
  });
  return packages;
}

function readNames(root, commits) {
  const wanted = commits.flatMap(({ hash, changes }) =>
    changes.filter(({ status, path }) => status !== 'D' && isChangesetFile(path)).map(({ path }) => ({ hash, path })),
  );
  const named = new Map(commits.map(({ hash }) => [hash, new Set()]));
  readBlobs(root, wanted).forEach((content, index) => {
    for (const name of namesInChangeset(content ?? '')) named.get(wanted[index].hash).add(name);
  });
  return named;
}

function ownerOf(path, directories) {
  const [first, second] = path.split('/');
  return [`${first}/${second}`, first].find((directory) => directories.has(directory) && path !== directory);
}

// A manifest that was broken in some old commit cannot be mended there, so that package is passed over.
function parseManifest(content) {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
