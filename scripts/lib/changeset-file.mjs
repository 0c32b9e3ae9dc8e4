const PATH = /^\.changeset\/(?!README\.md$)[^/]+\.md$/;
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n?---/;
const RELEASE = /^\s*['"]?([^'":\s]+)['"]?\s*:\s*['"]?(?:major|minor|patch)['"]?\s*$/;

export function isChangesetFile(path) {
  return PATH.test(path);
}

/** The packages that a changeset releases. */
export function namesInChangeset(content) {
  const lines = FRONT_MATTER.exec(content)?.[1].split(/\r?\n/) ?? [];
  return lines.flatMap((line) => RELEASE.exec(line)?.[1] ?? []);
}
