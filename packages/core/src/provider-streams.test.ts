import { describe, expect, it } from 'vitest';
import type { ResponseReading } from './read-response.js';
import { responseStream } from './response-stream.js';
import { isWithoutData, recordedResponses } from './testing/recorded-responses.js';

/**
 * How many places each recorded stream is cut in. The long form cuts every stream at every byte, which takes minutes:
 * BUDGET_FUZZ_COUNT=200000 npx vitest run src/provider-streams.test.ts
 */
const cuts = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 400);

const texts = [
  ...new Set(recordedResponses.map(({ response }) => response).filter((text) => typeof text === 'string')),
];
const streams = texts.map((text) => new TextEncoder().encode(text));

function readAll(...chunks: readonly Uint8Array[]): ResponseReading {
  const stream = responseStream();
  for (const chunk of chunks) stream.push(chunk);
  return stream.end();
}

/** Evenly spread places, and every one near the end, where the usage stands. */
function cutsOf(bytes: Uint8Array): number[] {
  const step = Math.max(1, Math.floor(bytes.length / cuts));
  const isChosen = (cut: number) => cut % step === 0 || (cut > bytes.length - 60 && cut < bytes.length - 20);
  return Array.from(bytes.keys()).filter(isChosen);
}

const tokensOf = ({ usage }: ResponseReading) =>
  (usage.tokens?.promptTokens ?? 0) + (usage.tokens?.completionTokens ?? 0);

const timeout = 60_000 + cuts * 20;

describe.skipIf(isWithoutData)('a recorded stream (needs BUDGET_TEST_DATA)', { timeout }, () => {
  it('reads the same however its bytes are cut in two', () => {
    for (const bytes of streams) {
      const whole = JSON.stringify(readAll(bytes), replaceBigInts);
      for (const cut of cutsOf(bytes)) {
        const reading = readAll(bytes.subarray(0, cut), bytes.subarray(cut));
        if (JSON.stringify(reading, replaceBigInts) !== whole) expect({ cut, reading }).toEqual(readAll(bytes));
      }
    }
  });

  it('byte by byte never tells more than the whole, and the whole once its last usage came', () => {
    for (const bytes of streams) {
      const whole = readAll(bytes);
      const stream = responseStream();
      let before = stream.reading();
      for (let at = 0; at < bytes.length; at += 1) {
        stream.push(bytes.subarray(at, at + 1));
        const reading = stream.reading();
        // The same object says that no event came which tells anything.
        if (reading.usage === before.usage && reading.isPartial === before.isPartial) continue;
        expect(tokensOf(reading)).toBeLessThanOrEqual(tokensOf(whole));
        expect(tokensOf(reading)).toBeGreaterThanOrEqual(tokensOf(before));
        if (!reading.isPartial) expect(reading).toEqual(whole);
        before = reading;
      }
      expect(stream.end()).toEqual(whole);
    }
  });

  it('that breaks off tells what its whole events told, and is partial unless its end was among them', () => {
    for (const bytes of streams) {
      const whole = readAll(bytes);
      for (const cut of cutsOf(bytes)) {
        const reading = readAll(bytes.subarray(0, cut));
        if (tokensOf(reading) > tokensOf(whole)) expect({ cut, reading }).toEqual(whole);
        if (!reading.isPartial) expect({ cut, reading }).toEqual({ cut, reading: whole });
        if (reading.rawUsage === null) expect(reading.isPartial).toBe(true);
      }
    }
  });

  it.each([
    ['carriage returns and line feeds', (text: string) => text.replace(/\r?\n/g, '\r\n')],
    ['carriage returns', (text: string) => text.replace(/\r?\n/g, '\r')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['comments between all events', (text: string) => text.replace(/(\r?\n){2}/g, '\n\n: ping\n\n')],
    ['no blank after the colon', (text: string) => text.replace(/^data: /gm, 'data:')],
    ['no blank line at the end', (text: string) => text.trimEnd()],
  ])('reads the same with %s', (_, change) => {
    for (const text of texts) {
      const whole = readAll(new TextEncoder().encode(text));
      const changed = new TextEncoder().encode(change(text));
      expect(readAll(changed)).toEqual(whole);
      const middle = Math.floor(changed.length / 2);
      expect(readAll(changed.subarray(0, middle), changed.subarray(middle))).toEqual(whole);
    }
  });
});

function replaceBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}
