import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { CodedError } from '@budget/core';
import { errnoOf, leadsNowhere, notAFile, readError } from './files-errors.js';
import { danglingLinkOn } from './files-look.js';

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of a file as it was when it was opened, or null when it, or a directory on the way to it, is missing. A
 * link that leads nowhere is refused: whoever made it has limits, prices or a history, only not here (a disk that is not
 * mounted, a file that was moved).
 *
 * @param options.maxBytes default 256 MiB.
 * @throws CodedError `not_a_file`, `not_a_directory`, `file_too_large` (input); `file_unreadable` (environment).
 */
export async function readFileIfThere(path: string, options: { maxBytes?: number } = {}): Promise<Buffer | null> {
  return await readingFile(path, (file) => file.read(0, file.size), options);
}

/** One file, open: whatever is put under its name meanwhile, its reader sees the same one. */
export interface OpenFile {
  /** Bytes, when it was opened. */
  readonly size: number;
  /** The bytes from one position to another; fewer where somebody has cut the file off since it was opened. */
  readonly read: (from: number, to: number) => Buffer;
}

/**
 * As `readFileIfThere`, for those who need only parts of a file: `use` picks them.
 *
 * @throws CodedError as `readFileIfThere`, and whatever `use` throws.
 */
export async function readingFile<Result>(
  path: string,
  use: (file: OpenFile) => Result,
  options: { maxBytes?: number } = {},
): Promise<Result | null> {
  try {
    return openAndUse(path, use, options.maxBytes ?? DEFAULT_MAX_BYTES);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw readError(path, error);
    const link = danglingLinkOn(path);
    if (link === null) return null;
    throw leadsNowhere(path, link);
  }
}

/**
 * As `readFileIfThere`, for a text. One that is not UTF-8 is refused: read leniently, it would lose what it says, and
 * for ever as soon as somebody writes it back. A byte order mark stays in the text.
 *
 * @param options.advice what to do about it, in a sentence; it depends on whose file it is.
 * @throws CodedError `file_corrupt` (input), besides those of `readFileIfThere`.
 */
export async function readTextIfThere(
  path: string,
  options: { advice: string; maxBytes?: number },
): Promise<string | null> {
  const bytes = await readFileIfThere(path, options);
  if (bytes === null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `${path}: it is not UTF-8 text. ${options.advice}`;
    throw new CodedError({ code: 'file_corrupt', kind: 'input', message, file: path, cause });
  }
}

function openAndUse<Result>(path: string, use: (file: OpenFile) => Result, maxBytes: number): Result {
  // Without O_NONBLOCK, opening a named pipe waits until somebody writes to it.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw notAFile(path);
    if (status.size > maxBytes) throw tooLarge(path, status.size, maxBytes);
    return use({ size: status.size, read: (from, to) => readPart(descriptor, from, to) });
  } finally {
    closeSync(descriptor);
  }
}

function readPart(descriptor: number, from: number, to: number): Buffer {
  const buffer = Buffer.allocUnsafe(to - from);
  let filled = 0;
  while (filled < buffer.length) {
    const count = readSync(descriptor, buffer, filled, buffer.length - filled, from + filled);
    // Somebody who appends may take a failed append back while we read.
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function tooLarge(file: string, size: number, maxBytes: number): CodedError {
  const message = `${file} has ${size} bytes; more than ${maxBytes} are not read. Archive or split it.`;
  return new CodedError({ code: 'file_too_large', kind: 'input', message, file });
}
