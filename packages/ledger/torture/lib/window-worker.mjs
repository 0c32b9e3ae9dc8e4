/**
 * One connection of `windows.mjs`, in a thread of its own: reserves and settles while the clock steps on, and remembers
 * what it was told.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { randomFrom } from '@budget/test-tools';
import { BudgetExceededError, CodedError, createLedger } from '../../dist/index.js';
import { openStore } from './ledgers.mjs';

const { name, place, seed, clockBuffer, stepBuffer, teams } = workerData;
const clock = { nowMs: () => Number(Atomics.load(new BigInt64Array(clockBuffer), 0)) };
const steps = new Int32Array(stepBuffer);
const random = randomFrom(seed);
const store = await openStore(place, clock);
const ledger = createLedger({ store });

const MAX_PENDING = 12;
const LONGEST_HOLD_MS = 3 * 86_400_000;
const pending = [];
const told = { reservations: [], refusals: [], faults: [] };

try {
  for (let count = 0; Atomics.load(steps, 1) === 0; count += 1) {
    if (pending.length < MAX_PENDING && random.chance(0.55)) await reserve(`${name}-${count}`);
    else if (pending.length > 0) await resolve(pending.splice(random.integer(0, pending.length - 1), 1)[0]);
    Atomics.add(steps, 0, 1);
    Atomics.notify(steps, 0);
    await nextTurn();
  }
} catch (error) {
  told.faults.push(String(error?.stack ?? error));
  // Nobody is to wait for this one.
  Atomics.store(steps, 2, 1);
}
await ledger.close();
parentPort.postMessage(told);

async function reserve(id) {
  const team = random.pick(teams);
  const amounts = { tokens: random.integer(1, 1000), ...(random.chance(0.3) ? { calls: 1 } : {}) };
  // Some end a moment after they began, most within hours.
  const longestMs = random.pick([3, 3_600_000, 43_200_000, LONGEST_HOLD_MS]);
  const expiresInMs = random.integer(1, longestMs);
  const beforeMs = clock.nowMs();
  try {
    const { scopes, reservedAtMs } = await ledger.reserve({ id, scopes: [team], amounts, expiresInMs });
    if (reservedAtMs < beforeMs || reservedAtMs > clock.nowMs()) told.faults.push(`${id} was made at another time`);
    const reservation = { id, scopes, reservedAtMs, held: amounts, booked: {}, overrun: {} };
    told.reservations.push(reservation);
    pending.push(reservation);
  } catch (error) {
    if (!BudgetExceededError.isInstance(error)) throw error;
    const { scope, unit, resetsAtMs } = error;
    told.refusals.push({ scope, unit, resetsAtMs, beforeMs, afterMs: clock.nowMs() });
  }
}

async function resolve(reservation) {
  const { id, held, isSent = false } = reservation;
  // Abandoned before it was sent, it is freed, whenever that is; else it is booked whole.
  if (random.chance(0.1)) return;
  if (!isSent && random.chance(0.1)) return void (await ledger.release(id));
  if (!(await send(id))) return;
  // As long as nobody settles it.
  Object.assign(reservation.booked, held);
  if (random.chance(0.1)) return;
  if (!isSent && random.chance(0.3)) return void pending.push({ ...reservation, isSent: true });
  const used = { tokens: random.integer(0, held.tokens) };
  // Of a unit that nobody had reserved.
  if (held.calls === undefined && random.chance(0.05)) used.calls = 1;
  await ledger.settle(id, used);
  Object.assign(reservation.booked, used);
  if (used.calls !== undefined) reservation.overrun.calls = 1;
}

/** Again where it was sent before: then it is settled late, perhaps long after it expired. */
async function send(id) {
  try {
    await ledger.markSent(id);
    return true;
  } catch (error) {
    if (!CodedError.isInstance(error) || error.code !== 'not_held') throw error;
    return (await ledger.readReservation(id)).sentAtMs !== null;
  }
}
