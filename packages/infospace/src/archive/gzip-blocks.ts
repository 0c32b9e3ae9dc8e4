import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { deflateEnd, gzipHead, gzipTail } from './gzip-frame.js';

/** What is compressed as one piece: each begins without knowing what was before it, so small ones would cost room. */
const BLOCK_BYTES = 1024 * 1024;
/** How many blocks are compressed at once, which bounds the memory. */
const MAX_PENDING = 4;
/** As `gzip` and `tar czf` have it, unless told. */
const LEVEL = 6;

/** Each block ends at a whole byte. What comes out is put together from few pieces. */
const OPTIONS = { level: LEVEL, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: BLOCK_BYTES / 4 };

const compress = promisify<Uint8Array, object, Buffer>(deflateRaw);

/** Compresses what is written to it. */
export interface GzipBlocks {
  /** Takes the bytes and waits, where the compression falls behind. */
  write(bytes: Uint8Array): Promise<void>;
  /** What follows is compressed apart from what was: a reader who has all up to here can read it. */
  endBlock(): Promise<void>;
  end(): Promise<void>;
}

/**
 * One gzip member made of blocks that are compressed apart from each other, in threads of Node's pool, and put together in
 * their order. Each ends at a whole byte, which is what lets them be joined. The same bytes in give the same bytes out,
 * however they are cut into writes.
 *
 * @param sink gets the compressed bytes; what it throws comes out of `write` or `end`.
 */
export function gzipBlocks(sink: (bytes: Uint8Array) => void): GzipBlocks {
  const pending: { readonly block: Buffer; readonly compressed: Promise<Buffer> }[] = [];
  // Used again and again: the collector of garbage would be in no hurry to free so many megabytes.
  const free: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  let sum = 0;
  let total = 0;
  sink(gzipHead);

  const passOn = async (most: number): Promise<void> => {
    for (let first = pending[0]; first !== undefined && pending.length > most; first = pending[0]) {
      sink(await first.compressed);
      free.push(first.block);
      pending.shift();
    }
  };

  const endBlock = async (): Promise<void> => {
    if (filled === 0) return;
    const compressed = compress(block.subarray(0, filled), OPTIONS);
    // It may fail before anybody waits for it.
    compressed.catch(() => {});
    pending.push({ block, compressed });
    block = free.pop() ?? Buffer.allocUnsafe(BLOCK_BYTES);
    filled = 0;
    await passOn(MAX_PENDING - 1);
  };

  return {
    write: async (bytes) => {
      sum = crc32(bytes, sum);
      total += bytes.length;
      for (let from = 0; from < bytes.length; ) {
        const part = bytes.subarray(from, from + BLOCK_BYTES - filled);
        block.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled === BLOCK_BYTES) await endBlock();
      }
    },
    endBlock,
    end: async () => {
      await endBlock();
      await passOn(0);
      sink(deflateEnd);
      sink(gzipTail(sum, total));
    },
  };
}
