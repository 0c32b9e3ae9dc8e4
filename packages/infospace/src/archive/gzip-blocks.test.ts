import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipped } from '../testing/archives.js';
import { gzipBlocks } from './gzip-blocks.js';

const BLOCK_BYTES = 1024 * 1024;

describe('blocks of gzip', () => {
  it('are one file that others read, the same however it was cut into writes', { timeout: 60_000 }, async () => {
    const cut = fc.array(fc.integer({ min: 0, max: 3 * BLOCK_BYTES }), { maxLength: 6 });
    const size = fc.oneof(
      fc.nat(100),
      fc.integer({ min: BLOCK_BYTES - 1, max: BLOCK_BYTES + 1 }),
      fc.nat(4 * BLOCK_BYTES),
    );
    await fc.assert(
      fc.asyncProperty(size, cut, async (bytes, cuts) => {
        const content = Buffer.alloc(bytes, 'a text that repeats, ');
        for (let at = 0; at < bytes; at += 7) content[at] = at % 251;
        const places = [...cuts.map((place) => Math.min(place, bytes)), bytes].sort((a, b) => a - b);
        const whole = await gzipped(content);
        const parts = await gzipped(...places.map((place, index) => content.subarray(places[index - 1] ?? 0, place)));
        expect(parts.equals(whole)).toBe(true);
        expect(gunzipSync(whole).equals(content)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('tell what the sink could not take', async () => {
    const full = new Error('the disk is full');
    const gzip = gzipBlocks((bytes) => {
      if (bytes.length > 100) throw full;
    });
    await gzip.write(Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)));
    await gzip.write(Buffer.from(Array.from({ length: 5000 }, () => Math.floor(Math.random() * 256))));
    await expect(gzip.end()).rejects.toBe(full);
  });
});
