import { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  type ZlibOptions,
} from 'node:zlib';

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
      return [inflating(zlib)];
    case 'br':
      return [createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })];
    default:
      return [];
  }
}

/** In the first byte of its format, as the method of compression. */
const ZLIB = 8;

/** `deflate` is zlib's format, and some servers leave out its frame; as browsers do, the first byte tells. */
function inflating(options: ZlibOptions): Transform {
  let inner: Transform | undefined;
  const outer = new Transform({
    transform(chunk: Buffer, _, done) {
      inner ??= opened((chunk[0] ?? 0) & 15);
      if (inner.write(chunk)) done();
      else inner.once('drain', done);
    },
    flush(done) {
      // Bytes after its end have ended it already.
      if (inner === undefined || inner.readableEnded) done();
      else inner.once('end', done).end();
    },
  });
  function opened(method: number): Transform {
    const stream = method === ZLIB ? createInflate(options) : createInflateRaw(options);
    return stream.on('data', (plain) => outer.push(plain)).on('error', (error) => outer.destroy(error));
  }
  return outer;
}
