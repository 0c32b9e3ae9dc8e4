import { randomFillSync } from 'node:crypto';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';

/** A UUID of version 7 (RFC 9562): sorts by time of creation, carries nothing of the machine. */
export function uuidv7(clock: Clock = systemClock, random: (size: number) => Uint8Array = pooledRandom): string {
  const bytes = new Uint8Array(16);
  bytes.set(random(10), 6);
  let timestamp_ms = clock.nowMs();
  if (!Number.isSafeInteger(timestamp_ms) || timestamp_ms < 0) {
    throw new RangeError(`A UUIDv7 needs a whole number of milliseconds since 1970; the clock says ${timestamp_ms}.`);
  }
  for (let index = 5; index >= 0; index--) {
    bytes[index] = timestamp_ms % 256;
    timestamp_ms = Math.floor(timestamp_ms / 256);
  }
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const pool = new Uint8Array(4096);
let taken = pool.length;

/** Asking the system for a few bytes takes as long as for a few thousand. No byte is handed out twice. */
function pooledRandom(size: number): Uint8Array {
  if (taken + size > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  taken += size;
  return pool.subarray(taken - size, taken);
}
