import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { CodedError } from '@budget/core';
import { errnoOf, notAFile, writeError } from './files-errors.js';
import { writeAll } from './files-write-all.js';

/**
 * Adds `bytes` at the end of a file that is there and has `expectedSize` bytes; call it under the lock of this file.
 * After an error the file has its old size again. A kill in the middle, or a reader in the middle, can see a part of
 * the bytes: readers ignore an unfinished tail.
 *
 * @throws CodedError `file_changed`, `disk_full`, `file_unwritable` (environment); `not_a_file` (input).
 */
export async function appendToFile(path: string, expectedSize: number, bytes: Uint8Array): Promise<void> {
  changeInPlace(path, expectedSize, (descriptor) => appendOrTakeBack(descriptor, expectedSize, bytes));
}

/**
 * Cuts a file that has `expectedSize` bytes off after the first `size` of them; call it under the lock of this file.
 *
 * @throws CodedError as `appendToFile`.
 */
export async function cutFile(path: string, expectedSize: number, size: number): Promise<void> {
  changeInPlace(path, expectedSize, (descriptor) => {
    ftruncateSync(descriptor, size);
    fsyncSync(descriptor);
  });
}

function changeInPlace(path: string, expectedSize: number, change: (descriptor: number) => void): void {
  try {
    // No O_CREAT: a file that vanished since it was read must not come back as a fragment.
    const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw notAFile(path);
      if (status.size !== expectedSize) throw changed(path, `has ${status.size} bytes instead of ${expectedSize}`);
      change(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw changed(path, 'is gone', error);
    throw writeError(path, error);
  }
}

function appendOrTakeBack(descriptor: number, size: number, bytes: Uint8Array): void {
  try {
    writeAll(descriptor, bytes);
    fsyncSync(descriptor);
  } catch (error) {
    try {
      ftruncateSync(descriptor, size);
      fsyncSync(descriptor);
    } catch {
      // The first error is the one to report. What is left is an unfinished tail, as after a kill.
    }
    throw error;
  }
}

function changed(file: string, how: string, cause?: unknown): CodedError {
  const message = `${file} ${how}: another program changed it while we worked on it. Run again.`;
  return new CodedError({ code: 'file_changed', kind: 'environment', message, file, cause });
}
