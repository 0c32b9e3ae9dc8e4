import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Whether what comes so encoded can be read: plain, or as `plainStream` knows. Several encodings on top of each other cannot. */
export function isReadable(contentEncoding: string | null | undefined): boolean {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  return encoding === '' || encoding === 'identity' || plainStream(encoding).length > 0;
}

/** What makes bytes of a content encoding plain, also where they are cut off; nothing for what is plain or not known. */
export function plainStream(contentEncoding: string | null | undefined): Transform[] {
  // Each piece is plain as soon as it came, and a text that breaks off is read as far as it goes.
  const zlib = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  switch (contentEncoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return [createGunzip(zlib)];
    case 'deflate':
      return [createInflate(zlib)];
    case 'br':
      return [createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })];
    default:
      return [];
  }
}
