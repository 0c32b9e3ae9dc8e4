const PROTOCOL = 'workspace:';

/** A package is published unless its manifest says that it is private. */
export function isPublished({ manifest }) {
  return manifest.private !== true;
}

/**
 * The names of the workspace packages whose code ends up inside this one: its devDependencies with `workspace:`, and
 * theirs. A dependency proper is installed beside it instead, so it is not bundled.
 */
export function bundledPackages(name, packages) {
  const manifests = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
  const bundled = new Set();
  const waiting = [name];
  while (waiting.length > 0) {
    for (const [dependency, range] of Object.entries(manifests.get(waiting.pop())?.devDependencies ?? {})) {
      if (!range.startsWith(PROTOCOL) || !manifests.has(dependency) || bundled.has(dependency)) continue;
      bundled.add(dependency);
      waiting.push(dependency);
    }
  }
  bundled.delete(name);
  return bundled;
}
