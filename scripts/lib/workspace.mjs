import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SUPPORTED_PATTERN = /^[\w.-]+(\/[\w.-]+)*(\/\*)?$/;

/**
 * The packages that pnpm-workspace.yaml lists, as `{ directory, manifest }` sorted by directory. Directories are
 * relative to the root and use forward slashes.
 */
export function readWorkspace(root) {
  return workspacePatterns(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
    .flatMap((pattern) => directoriesOf(root, pattern))
    .filter((directory) => existsSync(join(root, directory, 'package.json')))
    .sort()
    .map((directory) => ({ directory, manifest: readManifest(root, directory) }));
}

export function readManifest(root, directory = '.') {
  const path = join(root, directory, 'package.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`${path} cannot be read as JSON (${cause.message}). Correct that file and try again.`, { cause });
  }
}

// Set-up runs before anything is installed, so there is no YAML parser yet: only the plain list form is understood.
function workspacePatterns(text) {
  const block = /^packages:[ \t]*\n((?:[ \t]*(?:- .*|#.*)?\n)*)/m.exec(`${text}\n`)?.[1] ?? '';
  const patterns = [...block.matchAll(/^[ \t]*- +['"]?([^'"#\s]+)/gm)].map((match) => match[1]);
  const unsupported = patterns.find((pattern) => !SUPPORTED_PATTERN.test(pattern));
  if (patterns.length === 0 || unsupported !== undefined) {
    throw new Error(
      `pnpm-workspace.yaml: ${unsupported ?? 'no list "packages:"'} is not understood. ` +
        'Write one "- directory" or "- directory/*" a line under "packages:".',
    );
  }
  return patterns;
}

function directoriesOf(root, pattern) {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}
