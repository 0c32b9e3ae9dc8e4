/**
 * What stands before the compressed bytes: no name, no time, and "unknown" for the system, so that no machine shows in
 * it (RFC 1952, 2.3).
 */
export const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** An empty last block in DEFLATE's fixed code (RFC 1951, 3.2.6): what goes before needs not know that it is the last. */
export const deflateEnd = Buffer.from([3, 0]);

export const GZIP_TAIL_BYTES = 8;

/** What stands after them. */
export function gzipTail(crc32: number, bytes: number): Buffer {
  const tail = Buffer.alloc(GZIP_TAIL_BYTES);
  tail.writeUInt32LE(crc32, 0);
  tail.writeUInt32LE(bytes % 2 ** 32, 4);
  return tail;
}
