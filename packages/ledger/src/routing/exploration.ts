import { DRAWS } from './seeded-draw.js';

/** Who is taken with how many of `DRAWS` draws. All of them together are exactly `DRAWS`. */
export type DrawShares = ReadonlyMap<string, number>;

/** `explore` of the draws go to those of whom more should be learned, in equal parts; the rest, never none, to `usual`. */
export function drawShares(usual: string, toLearn: readonly string[], explore: number): DrawShares {
  const each = toLearn.length === 0 ? 0 : Math.floor((explore * DRAWS) / toLearn.length);
  const shares = new Map(toLearn.filter(() => each > 0).map((adapter) => [adapter, each]));
  return shares.set(usual, DRAWS - each * toLearn.length);
}

/** @param draw from 0 to `DRAWS - 1` */
export function takenAt(shares: DrawShares, draw: number): string {
  let left = draw;
  let taken = '';
  for (const [adapter, share] of shares) {
    taken = adapter;
    if (left < share) break;
    left -= share;
  }
  return taken;
}

export function propensityOf(shares: DrawShares, adapter: string): number {
  return (shares.get(adapter) ?? 0) / DRAWS;
}
