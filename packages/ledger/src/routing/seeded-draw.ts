/** A power of two, so that every share of it is exact as a fraction of 1, and so are sums of shares. */
export const DRAWS = 2 ** 30;

/**
 * A whole number from 0 to `DRAWS - 1` that looks random, and is the same for the same texts on every machine. Not for
 * secrets: two sums over the characters that are mixed as MurmurHash3 ends.
 */
export function seededDraw(...texts: readonly string[]): number {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      first = Math.imul(first ^ code, 0x9e3779b1);
      second = Math.imul(second ^ code, 0x5f356495);
    }
    // Between two texts, so that 'ab', 'c' and 'a', 'bc' differ: no character has this code.
    first = Math.imul(first ^ 0x1_0000, 0x9e3779b1);
    second = Math.imul(second ^ 0x1_0000, 0x5f356495);
  }
  return mixed(first ^ mixed(second)) >>> 2;
}

function mixed(state: number): number {
  let bits = state;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
