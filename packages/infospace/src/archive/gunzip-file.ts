import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { CodedError } from '@budget/core';
import { readingFile } from '../storage/files.js';
import { readError } from '../storage/files-errors.js';
import { archiveDamaged, notAnArchive } from './archive-errors.js';
import { deflateEnd, GZIP_TAIL_BYTES, gzipHead, gzipTail } from './gzip-frame.js';

const READ_BYTES = 256 * 1024;

interface FileParts {
  readonly size: number;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/**
 * The content of a file that `gzipBlocks` wrote, in little memory however much comes out of it. After all of it is read,
 * length and check sum are known to be right, and nothing follows.
 *
 * @param options.name as the file is called in errors; default its path.
 * @param options.onRead gets all bytes of the file, in their order.
 * @throws CodedError `archive_missing`, `not_an_archive`, `archive_damaged` (input); `file_unreadable` (environment).
 */
export async function* gunzipFile(
  path: string,
  { name = path, onRead = () => {} }: { name?: string; onRead?: (bytes: Buffer) => void } = {},
): AsyncGenerator<Buffer, void> {
  const { size, head, tail } = await readParts(path, name);
  onRead(head);
  const inside = { start: gzipHead.length, end: size - GZIP_TAIL_BYTES - 1, highWaterMark: READ_BYTES };
  const inflate = createInflateRaw({ chunkSize: READ_BYTES });
  // Its error is the one of `inflate`, which is read below.
  pipeline(createReadStream(path, inside), watched(onRead), inflate, () => {});
  let sum = 0;
  let total = 0;
  for await (const chunk of readable(inflate, name)) {
    sum = crc32(chunk, sum);
    total += chunk.length;
    yield chunk;
  }
  onRead(tail);
  if (inflate.bytesWritten !== size - gzipHead.length - GZIP_TAIL_BYTES) {
    throw archiveDamaged(name, 'something follows after its end');
  }
  if (!gzipTail(sum, total).equals(tail)) throw archiveDamaged(name, 'its check sum is wrong');
}

/**
 * The beginning of what `gunzipFile` gives, as far as the first bytes of the file tell; no others are read.
 *
 * @throws CodedError as `gunzipFile`.
 */
export async function* gunzipHead(path: string, bytes: number): AsyncGenerator<Buffer, void> {
  const head = await readingFile(path, (file) => file.read(0, Math.min(file.size, bytes)), unlimited);
  if (head === null) throw archiveMissing(path);
  refuseOthers(head, path);
  const inflate = createInflateRaw({ chunkSize: READ_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
  pipeline(Readable.from([head.subarray(gzipHead.length)]), inflate, () => {});
  yield* readable(inflate, path);
}

const unlimited = { maxBytes: Number.POSITIVE_INFINITY };

async function readParts(path: string, name: string): Promise<FileParts> {
  const read = ({ size, read }: { size: number; read: (from: number, to: number) => Buffer }): FileParts => ({
    size,
    head: read(0, Math.min(size, gzipHead.length)),
    tail: read(Math.max(0, size - GZIP_TAIL_BYTES), size),
  });
  const parts = await readingFile(path, read, unlimited);
  if (parts === null) throw archiveMissing(path);
  refuseOthers(parts.head, name);
  const least = gzipHead.length + deflateEnd.length + GZIP_TAIL_BYTES;
  if (parts.size < least) throw archiveDamaged(name, 'it is cut off');
  return parts;
}

function refuseOthers(head: Buffer, name: string): void {
  if (!head.subarray(0, gzipHead.length).equals(gzipHead)) {
    throw notAnArchive(name, 'it does not begin as an archive does');
  }
}

function watched(onRead: (bytes: Buffer) => void) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of chunks) {
      onRead(chunk);
      yield chunk;
    }
  };
}

async function* readable(stream: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer, void> {
  try {
    yield* stream;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_')) throw archiveDamaged(name, 'what is compressed in it cannot be read', error);
    throw readError(name, error);
  }
}

function archiveMissing(file: string): CodedError {
  const message = `${file}: there is no such file. An archive is named as \`budget archive create\` printed it.`;
  return new CodedError({ code: 'archive_missing', kind: 'input', file, message });
}
