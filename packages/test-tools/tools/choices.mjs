import { randomFrom } from './random.mjs';

/** Choices that follow from a seed alone, so that a case can be repeated and many are cheap to make. */
export function choicesFrom(seed) {
  const { chance, integer, pick } = randomFrom(seed);
  return { chance, between: integer, oneOf: pick };
}
