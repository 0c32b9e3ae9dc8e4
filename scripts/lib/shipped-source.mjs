const TEST = /\.(test|spec|bench|test-d)\.[cm]?[jt]sx?$/;
const FIXTURE = /(^|\/)(__)?fixtures(__)?\//;
const TESTING = /(^|\/)testing(\/|\.[cm]?[jt]sx?$)/;

/** Whether a file, by its path inside the package, becomes a part of what the package ships. */
export function isShippedSource(path, manifest) {
  if (path.startsWith('src/')) {
    return !TEST.test(path) && !FIXTURE.test(path) && (!TESTING.test(path) || exportsTesting(manifest));
  }
  return (manifest.files ?? []).some((entry) => isBelow(path, entry));
}

// Helpers for the package's own tests are not shipped, but some packages offer theirs to users as a sub-path.
function exportsTesting({ exports }) {
  return Object.keys(exports ?? {}).some((subpath) => subpath === './testing' || subpath.startsWith('./testing/'));
}

function isBelow(path, entry) {
  const prefix = entry.replace(/^\.?\//, '').replace(/\/?\**$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}
