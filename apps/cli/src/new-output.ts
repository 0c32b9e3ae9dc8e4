import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '@budget/core';

/**
 * Writes a file that does not exist, larger than memory. It has its name when it is whole and on the disk; what somebody else
 * put there meanwhile stays.
 *
 * @throws CodedError `file_exists` (input), `output_failed` (environment); then nothing is left behind
 */
export async function newOutput<T>(
  target: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  if (existsSync(target)) throw fileExists(target);
  const unfinished = join(dirname(target), `.unfinished-${randomUUID()}`);
  let file: FileHandle | null = null;
  try {
    const opened = await writing(target, () => open(unfinished, 'wx'));
    file = opened;
    const result = await work((text) => writing(target, () => opened.appendFile(text)));
    await writing(target, () => opened.sync());
    await writing(target, () => putInPlace(unfinished, target));
    return result;
  } finally {
    await file?.close().catch(() => {});
    await rm(unfinished, { force: true }).catch(() => {});
  }
}

/** A link, unlike a renaming, does not replace what is there. Some file systems have none. */
async function putInPlace(unfinished: string, target: string): Promise<void> {
  try {
    await link(unfinished, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || existsSync(target)) throw fileExists(target);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    await rename(unfinished, target);
  }
}

async function writing<T>(target: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (CodedError.isInstance(cause)) throw cause;
    const message = `${target} cannot be written: ${(cause as Error).message}. Nothing of it was kept.`;
    throw new CodedError({ code: 'output_failed', kind: 'environment', file: target, message, cause });
  }
}

function fileExists(file: string): CodedError {
  return new CodedError({
    code: 'file_exists',
    kind: 'input',
    file,
    message: `${file} exists already and was left as it is. Name a file that does not exist.`,
  });
}
