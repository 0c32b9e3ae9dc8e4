import { CodedError } from '@budget/core';
import { readableText } from '../yaml/readable-text.js';

/** One thing that is wrong with a file that people edit. */
export interface Problem {
  /** `budget.max_usd`; empty for the whole file. */
  readonly path: string;
  /** 1-based; `null` when it cannot be told. */
  readonly line: number | null;
  /** What is wrong and what is allowed. */
  readonly message: string;
}

// Nobody mends more in one go, and a file of another kind would have one on every line.
const MAX_PROBLEMS = 20;

/** The problems of a file in the order of their lines, so that it is mended in one go; of very many the first. */
export function fileProblems(file: string, problems: readonly Problem[]): CodedError {
  const inOrder = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = inOrder.slice(0, MAX_PROBLEMS).map(({ path, line, message }) => {
    const place = line === null ? file : `${file}:${line}`;
    return path === '' ? `${place}: ${message}` : `${place}: ${readableText(path)}: ${message}`;
  });
  const more = inOrder.length - lines.length;
  if (more > 0) lines.push(`${file}: and ${more} more, to be seen once these are mended`);
  return new CodedError({
    code: 'file_invalid',
    kind: 'input',
    file,
    line: inOrder[0]?.line ?? undefined,
    message: lines.join('\n'),
  });
}

/** What to do about a file of ours that cannot be read. */
export const adviceForOurs = 'Nothing was changed; mend the file, or let `budget doctor` set it aside.';

/** What to do about a file that was given to us. */
export const adviceForInput = 'Nothing was recorded; mend the file and try again.';

/** What to do about a file that people write. */
export const adviceForEdited = 'Mend the file and run again.';

/** For a file whose parts are of the wrong kind. `key` is the top-level field that is, `null` the whole file. */
export function corruptFile(file: string, text: string, key: string | null, what: string, advice: string): CodedError {
  const line = lineOfKey(text, key);
  return new CodedError({
    code: 'file_corrupt',
    kind: 'input',
    file,
    line,
    message: `${file}:${line}: ${what}. ${advice}`,
  });
}

/** A file that a newer version of this tool has written must not be touched by this one. */
export function refuseNewerSchema(file: string, text: string, version: unknown, advice = adviceForOurs): void {
  if (version === undefined || version === null || version === 1) return;
  const newer = (typeof version === 'number' || typeof version === 'bigint') && version > 1;
  if (!newer) throw corruptFile(file, text, 'schema_version', 'schema_version must be 1', advice);
  const line = lineOfKey(text, 'schema_version');
  throw new CodedError({
    code: 'schema_newer',
    kind: 'input',
    file,
    line,
    message: `${file}:${line}: its schema_version is ${version}, and this version of budget knows 1. Nothing was changed; upgrade budget.`,
  });
}

function lineOfKey(text: string, key: string | null): number {
  if (key === null) return 1;
  const index = text.search(new RegExp(`^[ \\t]*['"{]*${key}['"]?\\s*:`, 'm'));
  return index < 0 ? 1 : text.slice(0, index).split('\n').length;
}
