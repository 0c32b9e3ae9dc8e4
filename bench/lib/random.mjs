/** Numbers that look random and are the same in every run of a program: the generator known as mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit) => Math.floor(next() * limit);
  return {
    /** A whole number from 0 to `limit - 1`. */
    below,
    /** A whole number, both ends included. */
    between: (least, most) => least + below(most - least + 1),
    oneOf: (choices) => choices[below(choices.length)],
  };
}
