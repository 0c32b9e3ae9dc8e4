import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncingDirectory } from './files-directory.js';
import { writeError } from './files-errors.js';
import { removeQuietly, temporaryBeside } from './files-temporary.js';
import { writeAll } from './files-write-all.js';

/** A file too large for memory: it is written under another name, and put in its place when it is whole. */
export interface NewFile {
  /** Where it is meanwhile, to be read back. */
  readonly temporary: string;
  /** @throws CodedError `disk_full`, `file_unwritable` (environment). */
  write(bytes: Uint8Array): void;
  /**
   * Nothing more is written, and what was written outlasts a power failure.
   *
   * @throws CodedError as `write`.
   */
  finish(): void;
  /**
   * After `finish`: the path holds this file from now on, instead of what it may have held.
   *
   * @throws CodedError as `write`.
   */
  putInPlace(): void;
  /** Takes it away, unless it is in its place. Never fails: after a kill too it is left to `removeLeftovers`. */
  discard(): void;
}

/** @throws CodedError `disk_full`, `file_unwritable` (environment); `not_a_directory` (input). */
export function newFile(path: string): NewFile {
  const temporary = temporaryBeside(path);
  let descriptor: number | null = telling(path, () => openSync(temporary, 'wx', 0o666));
  const close = (): void => {
    if (descriptor !== null) closeSync(descriptor);
    descriptor = null;
  };
  return {
    temporary,
    write: (bytes) => telling(path, () => writeAll(opened(descriptor), bytes)),
    finish: () =>
      telling(path, () => {
        fsyncSync(opened(descriptor));
        close();
      }),
    putInPlace: () =>
      telling(path, () =>
        syncingDirectory(dirname(path), (sync) => {
          renameSync(temporary, path);
          sync();
        }),
      ),
    discard: () => {
      try {
        close();
      } catch {
        // What could not be written to the end is not wanted.
      }
      removeQuietly(temporary);
    },
  };
}

function opened(descriptor: number | null): number {
  if (descriptor === null) throw new Error('This file is finished: nothing more can be written to it.');
  return descriptor;
}

function telling<Result>(path: string, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    throw writeError(path, error);
  }
}
