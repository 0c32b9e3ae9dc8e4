import { resolve, sep } from 'node:path';
import { CodedError } from '@budget/core';
import { compareCodePoints } from './compare-code-points.js';
import { directoryNames, kindOfPath } from './storage/files.js';

const RUN_RECORD = /\.(?:ya?ml|json)$/i;

/**
 * The run records of a directory, in the order of their names; none when there is no such directory.
 *
 * @throws CodedError `not_a_directory` (kind `input`) or kind `environment` for a directory that cannot be read.
 */
export function runRecordsIn(directory: string): string[] {
  return (directoryNames(directory) ?? [])
    .filter((name) => RUN_RECORD.test(name) && !name.startsWith('.'))
    .map((name) => `${directory}${sep}${name}`);
}

/**
 * Files, directories and glob patterns as a person names them, as files in the order given; a directory's and a
 * pattern's in the order of their names. Names are relative to `directory`. A file that comes twice is taken once.
 *
 * @throws CodedError `runs_not_found` (kind `input`) for a name behind which there is nothing; `file_unreadable` (kind
 * `environment`).
 */
export async function collectRunRecords(names: readonly string[], directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of names) {
    const path = resolve(directory, name);
    const kind = kindOfPath(path);
    if (kind === 'missing') files.push(...(await matching(name, directory)));
    else files.push(...(kind === 'directory' ? runRecordsIn(path) : [path]));
  }
  return [...new Set(files)];
}

async function matching(pattern: string, directory: string): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const found = await glob(pattern, { cwd: directory, absolute: true, expandDirectories: false });
  if (found.length > 0) return found.sort(compareCodePoints);
  throw new CodedError({
    code: 'runs_not_found',
    kind: 'input',
    file: pattern,
    message: `${pattern}: there is no such file or directory, and no file matches it as a pattern. Nothing was recorded.`,
  });
}
