import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'budget-test-'));
  made.push(directory);
  return directory;
}

/** Writes a file with the directories that it needs, and gives its path. */
export function write(directory: string, name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Every file below a directory with its content, to see that nothing changed; locks and indexes come and go. */
export function contents(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true }) as string[];
  const files = names.filter((name) => !/\.(?:lock|index)/.test(name) && statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'latin1')]));
}
