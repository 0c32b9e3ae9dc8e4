import { describe, expect, it } from 'vitest';
import { streamText } from './stream-text.js';

function textOf(pieces: readonly (Uint8Array | string)[]): string {
  const text = streamText();
  return pieces.map((piece) => text.read(piece)).join('') + text.end();
}

describe('the text of a stream', () => {
  const written = '\ufeffÄ\r\n🌍\r\r\n\n\rend\r';
  const bytes = new TextEncoder().encode(written);
  const read = 'Ä\n🌍\n\n\n\nend\n';

  it('is the same however its bytes are cut, inside a character and inside a line end', () => {
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(textOf(pieces)).toBe(read);
      }
    }
    expect(textOf(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(read);
  });

  it('is the same where it comes as text', () => {
    expect(textOf([written])).toBe(read);
    expect(textOf([...written])).toBe(read);
  });

  it('has a mark for a character that is never completed', () => {
    expect(textOf([bytes.subarray(0, 4)])).toBe('\ufffd');
    expect(textOf([bytes.subarray(0, 4), 'b'])).toBe('\ufffdb');
  });
});
