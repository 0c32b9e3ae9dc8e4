import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { CodedError } from '@budget/core';
import { notAFile, writeError } from './files-errors.js';
import { writeAll } from './files-write-all.js';

/** A file of lines that one process appends to for a long time. */
export interface LineFile {
  /**
   * Adds one line, which brings its own end, in one write; it resolves when the line outlasts a power failure. It
   * outlasts the death of this process at once, before anything is awaited. A line that could not be written is kept,
   * and written before the next one.
   *
   * @throws CodedError `disk_full`, `file_unwritable` (environment); `lines_dropped` (environment) when too many lines
   * wait.
   */
  append(line: string): Promise<void>;
  /**
   * Writes what waits, and closes the file whatever comes of it.
   *
   * @throws CodedError as `append`; `file_lost` (environment) when others cannot read what was written, as the file was
   * deleted or moved meanwhile.
   */
  close(): Promise<void>;
}

/** A full disk for so long is not going to end by itself, and memory must not run full too. */
const MAX_WAITING = 10_000;
const GOES_ON = 'The run goes on, and what could not be written is tried again with the next call.';
const dataSync = promisify(fdatasync);

/**
 * Opens it, or creates it. An unfinished line at its end, which a killed process has left, is cut off: nothing else may
 * be writing to it.
 *
 * @throws CodedError `disk_full`, `file_unwritable` (environment); `not_a_file` (input).
 */
export function openLineFile(path: string): LineFile {
  const { descriptor, size } = open(path);
  const waiting: string[] = [];
  let wholeBytes = size;
  let mayHaveTail = false;
  let syncing: Promise<void> = Promise.resolve();
  let nextSync: Promise<void> | null = null;

  const writeLine = (line: string): void => {
    const bytes = Buffer.from(line, 'utf8');
    try {
      if (mayHaveTail) ftruncateSync(descriptor, wholeBytes);
      mayHaveTail = true;
      writeAll(descriptor, bytes);
      wholeBytes += bytes.length;
      mayHaveTail = false;
    } catch (error) {
      try {
        ftruncateSync(descriptor, wholeBytes);
        mayHaveTail = false;
      } catch {
        // It is tried again before the next line; until then readers ignore an unfinished one.
      }
      throw error;
    }
  };

  const writeWaiting = (): void => {
    for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
      writeLine(line);
      waiting.shift();
    }
  };

  // Calls that end while the disk is busy share the next sync.
  const sync = (): Promise<void> => {
    nextSync ??= syncing
      .catch(() => {})
      .then(async () => {
        nextSync = null;
        syncing = dataSync(descriptor);
        await syncing;
      });
    return nextSync;
  };

  return {
    append: async (line) => {
      if (waiting.length >= MAX_WAITING) throw dropped(path);
      waiting.push(line);
      try {
        writeWaiting();
        await sync();
      } catch (error) {
        throw goingOn(path, error);
      }
    },
    close: async () => {
      try {
        writeWaiting();
        await sync();
        if (wholeBytes > 0 && !isAt(path, descriptor)) throw lost(path);
      } catch (error) {
        throw writeError(path, error);
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

function open(path: string): { descriptor: number; size: number } {
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;
    const descriptor = openSync(path, flags, 0o666);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw notAFile(path);
      const size = endOfLastLine(descriptor, status.size);
      if (size < status.size) ftruncateSync(descriptor, size);
      return { descriptor, size };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } catch (error) {
    throw writeError(path, error);
  }
}

const BLOCK_BYTES = 64 * 1024;

function endOfLastLine(descriptor: number, size: number): number {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - BLOCK_BYTES);
    const count = readSync(descriptor, block, 0, end - from, from);
    const lineEnd = block.subarray(0, count).lastIndexOf('\n');
    if (lineEnd >= 0) return from + lineEnd + 1;
    end = from;
  }
  return 0;
}

function goingOn(path: string, cause: unknown): unknown {
  const error = writeError(path, cause);
  if (!CodedError.isInstance(error)) return error;
  const { code, kind, message } = error;
  return new CodedError({ code, kind, file: path, cause, message: `${message} ${GOES_ON}` });
}

function isAt(path: string, descriptor: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(descriptor);
  return there?.dev === dev && there.ino === ino;
}

function lost(file: string): CodedError {
  const message = `${file} was deleted or moved while it was written, and what was written is not there. Keep programs from cleaning the directory around it.`;
  return new CodedError({ code: 'file_lost', kind: 'environment', file, message });
}

function dropped(file: string): CodedError {
  const message = `${MAX_WAITING} lines wait for ${file} to be writable; this one is lost. Its call is recorded at its estimate. Free some space.`;
  return new CodedError({ code: 'lines_dropped', kind: 'environment', file, message });
}
