/** Choices that follow from a seed alone, so that a run can be repeated. */
export interface Choices {
  /** True in this share of all cases. */
  chance(share: number): boolean;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  oneOf<Item>(items: readonly Item[]): Item;
}

/** Mulberry32: small, and good enough to choose a step. */
export function choicesFrom(seed: number): Choices {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    chance: (share) => next() < share,
    between,
    oneOf: <Item>(items: readonly Item[]): Item => items[between(0, items.length - 1)] as Item,
  };
}
