import { CodedError } from '@budget/core';
import type { InfospacePaths } from './infospace-paths.js';
import { ensureDirectory, removeLeftovers } from './storage/files.js';
import { withLock } from './storage/lock.js';

/**
 * Does a change under the infospace's lock. `warnings` collects what a person should know; the work's result carries
 * it, and where the work fails the error does, so that no notice is lost.
 */
export async function changingInfospace<Result>(
  paths: InfospacePaths,
  work: (warnings: string[]) => Promise<Result>,
): Promise<Result> {
  await ensureDirectory(paths.budgetDirectory);
  const warnings: string[] = [];
  const onWarning = (warning: string): void => void warnings.push(warning);
  const change = async (): Promise<Result> => {
    await removeLeftovers(paths.budgetDirectory);
    return await work(warnings);
  };
  try {
    return await withLock(paths.lock, change, { onWarning });
  } catch (error) {
    throw warnings.length > 0 && CodedError.isInstance(error) ? withNotices(error, warnings) : error;
  }
}

function withNotices(error: CodedError, warnings: readonly string[]): CodedError {
  const { code, kind, file, line } = error;
  const message = [error.message, 'Before that:', ...warnings].join('\n');
  return new CodedError({ code, kind, file, line, message, cause: error });
}
