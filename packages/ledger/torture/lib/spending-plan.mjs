/**
 * What `never-overspent.mjs` limits: three runs in two infospaces in one organisation, in every unit, for life and a day.
 * Each limit concerns only some of the requests, so that an exhausted one leaves others under pressure.
 */
export const parents = {
  'run:a1': 'infospace:a',
  'run:a2': 'infospace:a',
  'run:b1': 'infospace:b',
  'infospace:a': 'org',
  'infospace:b': 'org',
};
export const runs = ['run:a1', 'run:a2', 'run:b1'];
export const units = ['tokens', 'nanoUsd', 'calls'];

/** The most that one request reserves. */
export const largest = { tokens: 1000, nanoUsd: 1_000_000_000, calls: 3 };

const day = { every: 'day', timeZone: 'UTC' };

/**
 * `room`: how many of the largest requests fit. For life it is added to what is used again and again while the script
 * runs; a day has it once for every second that it takes.
 */
export const limits = [
  { scope: 'org', unit: 'nanoUsd', window: null, room: 16 },
  { scope: 'org', unit: 'tokens', window: day, room: 35 },
  { scope: 'org', unit: 'calls', window: null, room: 20 },
  { scope: 'infospace:a', unit: 'tokens', window: null, room: 12 },
  { scope: 'infospace:a', unit: 'nanoUsd', window: day, room: 22 },
  { scope: 'infospace:b', unit: 'calls', window: day, room: 12 },
  { scope: 'run:a1', unit: 'calls', window: day, room: 16 },
  { scope: 'run:a2', unit: 'tokens', window: null, room: 6 },
  { scope: 'run:b1', unit: 'nanoUsd', window: null, room: 7 },
].map((limit) => ({ ...limit, room: BigInt(limit.room * largest[limit.unit]) }));

/** The scopes and all above them, as a reservation keeps them. */
export function withAncestors(scopes) {
  const all = new Set();
  for (const scope of scopes) for (let next = scope; next !== undefined; next = parents[next]) all.add(next);
  return [...all].sort();
}

/** Days that go by quickly, the same in every process. */
export function fastClock({ originMs, daySeconds }) {
  const speed = 86_400 / daySeconds;
  const startsAtMs = Date.UTC(2026, 0, 5);
  return { nowMs: () => Math.floor(startsAtMs + (Date.now() - originMs) * speed) };
}

/** So much time of the machine in the time of `fastClock`. */
export function fastMs(machineMs, { daySeconds }) {
  return Math.max(1, Math.round((machineMs * 86_400) / daySeconds));
}
