import { splitEvents } from './event-text.mjs';

/** @import { Cuts } from './index.mjs' */

/**
 * The parts in which a body is sent. Joined they are the body again, and none is empty.
 *
 * @param {Buffer} body
 * @param {Cuts} cuts
 * @returns {Iterable<Buffer>}
 */
export function cutBody(body, cuts) {
  if (cuts === 'events') return splitEvents(body);
  return partsBetween(body, boundaries(body.length, cuts));
}

/**
 * @param {Buffer} body
 * @param {Iterable<number>} places
 */
function* partsBetween(body, places) {
  let start = 0;
  for (const place of places) {
    const end = Math.min(place, body.length);
    if (end <= start) continue;
    yield body.subarray(start, end);
    start = end;
  }
  if (start < body.length) yield body.subarray(start);
}

/**
 * @param {number} length
 * @param {Exclude<Cuts, 'events'>} cuts
 * @returns {Iterable<number>}
 */
function boundaries(length, cuts) {
  if (cuts === 'whole') return [];
  if (cuts === 'bytes') return Array.from({ length }, (_, index) => index + 1);
  if ('seed' in cuts) return randomBoundaries(length, cuts);
  return [...cuts].sort((one, other) => one - other);
}

/**
 * @param {number} length
 * @param {{ seed: number, largest: number }} options
 */
function* randomBoundaries(length, { seed, largest }) {
  const random = randomNumbers(seed);
  for (let at = 0; at < length; ) {
    at += 1 + Math.floor(random() * largest);
    yield at;
  }
}

/**
 * Mulberry32: numbers from 0 to below 1 that are the same for the same seed on every machine.
 *
 * @param {number} seed
 */
function randomNumbers(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
