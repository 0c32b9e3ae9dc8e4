import { describe, expect, it } from 'vitest';
import { DRAWS, seededDraw } from './seeded-draw.js';

/** The sum of squared deviations from evenness over 64 boxes; above 120 in about one of 50,000 even draws. */
function unevenness(draws: readonly number[]): number {
  const boxes = new Array<number>(64).fill(0);
  for (const draw of draws) {
    const box = Math.floor((draw / DRAWS) * 64);
    boxes[box] = (boxes[box] ?? 0) + 1;
  }
  const expected = draws.length / 64;
  return boxes.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('a draw by a seed', () => {
  it('is the same for the same texts, and another for others, also where they run together', () => {
    expect(seededDraw('task', 'seed')).toBe(seededDraw('task', 'seed'));
    expect(new Set([seededDraw('ab', 'c'), seededDraw('a', 'bc'), seededDraw('abc'), seededDraw('abc', '')]).size).toBe(
      4,
    );
    expect([seededDraw('summarise', '1'), seededDraw('summarise', '2')]).toMatchInlineSnapshot(`
      [
        959046103,
        788255852,
      ]
    `);
  });

  it.each([
    ['numbers in turn', (index: number) => seededDraw('task', String(index))],
    ['tasks in turn', (index: number) => seededDraw(`task ${index}`, '42')],
    ['ids', (index: number) => seededDraw('', `0199a3c4-7f00-7abc-8def-${index.toString(16).padStart(12, '0')}`)],
    ['numbers that end alike', (index: number) => seededDraw('task', `${index}000`)],
  ])('is even over %s, from 0 on and below its end', (_, draw) => {
    const draws = Array.from({ length: 64_000 }, (_, index) => draw(index));
    expect(draws.every((each) => Number.isInteger(each) && each >= 0 && each < DRAWS)).toBe(true);
    expect(unevenness(draws)).toBeLessThan(120);
    // What comes next does not follow from what came: pairs are even too.
    expect(
      unevenness(
        draws
          .slice(1)
          .map((each, index) => (each * 8 + Math.floor(((draws[index] as number) * 8) / DRAWS) * (DRAWS / 8)) % DRAWS),
      ),
    ).toBeLessThan(120);
  });
});
