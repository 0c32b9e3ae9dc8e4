/**
 * One worker of `never-overspent.mjs`: several callers that reserve and do with it whatever a program may do, until all
 * attempts are made or the process is killed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '@budget/test-tools';
import { BudgetExceededError, CodedError, createLedger } from '../../dist/index.js';
import { openStore } from './ledgers.mjs';
import { openLog, readLog } from './spending-log.mjs';
import { fastClock, fastMs, largest, runs, units } from './spending-plan.mjs';

const order = JSON.parse(process.argv[2]);
const { name, place, attempts, callers, logFile, earlierLogFile, estimates } = order;
const mayExceed = estimates === 'low';
const random = randomFrom(order.seed);
const log = openLog(logFile);
const store = await openStore(place, fastClock(order));
const ledger = createLedger({ store });
const LONGEST_WORK_MS = 4;

const honest = [
  [30, settleAsUsual],
  [8, settleTwice],
  [10, releaseUnsent],
  [5, releaseSent],
  [3, (held) => wait(0, held)],
  [3, abandonSent],
  [2, settleLate],
  [2, sendLate],
];
const careless = [
  [10, settleUnsent],
  [4, settleReleased],
  [2, settleExpiredUnsent],
  [4, book],
];
const behaviours = mayExceed ? [...honest, ...careless] : honest;

let next = 0;
try {
  await repeatUnfinished();
  await Promise.all(Array.from({ length: callers }, call));
  await ledger.close();
} catch (error) {
  log.write('fault', { text: String(error?.stack ?? error) });
  process.exitCode = 1;
}
log.close();

async function call() {
  while (next < attempts) {
    const id = `${name}-${next}`;
    next += 1;
    const held = await reserve(id);
    if (held !== null) await random.weighted(behaviours)(held);
  }
}

/** What the killed process before this one asked for without hearing the answer: asking again must change nothing more. */
async function repeatUnfinished() {
  if (earlierLogFile === null) return;
  const unfinished = new Map();
  for (const { verb, id, amounts } of readLog(earlierLogFile)) {
    if (verb === 'settling') unfinished.set(id, amounts);
    if (verb === 'settled') unfinished.delete(id);
  }
  for (const [id, amounts] of unfinished) if (random.chance(0.5)) await settle(id, amounts);
}

async function reserve(id) {
  const scopes = random.chance(0.9) ? [random.pick(runs)] : ['run:a1', 'run:b1'];
  const amounts = someAmounts();
  const expiresInMs = fastMs(random.integer(50, 1500), order);
  try {
    await ledger.reserve({ id, scopes, amounts, expiresInMs });
    // The same once more is the same hold, and not another one beside it.
    if (random.chance(0.05)) await ledger.reserve({ id, scopes, amounts, expiresInMs });
  } catch (error) {
    if (!BudgetExceededError.isInstance(error)) throw error;
    log.write('refused', { id, scope: error.scope, unit: error.unit, every: error.resetsAtMs === null ? '' : 'day' });
    return null;
  }
  log.write('held', { id, scopes, amounts });
  return { id, scopes, amounts, machineMs: Math.ceil((expiresInMs * order.daySeconds) / 86_400) };
}

function someAmounts() {
  const named = units.filter(() => random.chance(0.5));
  if (named.length === 0) named.push(random.pick(units));
  return Object.fromEntries(named.map((unit) => [unit, random.integer(1, largest[unit])]));
}

async function settleAsUsual({ id, amounts }) {
  if (!(await send(id))) return;
  await work();
  if (random.chance(0.1)) await expectOrNot('not_held', () => ledger.extend(id, fastMs(1500, order)));
  await settle(id, usedOf(amounts));
}

async function settleTwice({ id, amounts }) {
  if (!(await send(id))) return;
  const used = usedOf(amounts);
  await settle(id, used);
  await ledger.settle(id, used);
  const [unit] = Object.keys(used);
  await expect('already_settled', () => ledger.settle(id, { ...used, [unit]: used[unit] + 1 }));
  await expect('already_settled', () => ledger.release(id, { isNotBilled: true }));
}

async function releaseUnsent({ id }) {
  if (random.chance(0.5)) await work();
  await ledger.release(id);
  log.write('released', { id });
}

async function releaseSent({ id }) {
  if (!(await send(id))) return;
  await expect('already_sent', () => ledger.release(id));
  await ledger.release(id, { isNotBilled: true });
  log.write('released', { id });
}

async function abandonSent({ id }) {
  await send(id);
}

async function settleLate(held) {
  if (!(await send(held.id))) return;
  await wait(1.1, held);
  await settle(held.id, usedOf(held.amounts));
}

async function sendLate(held) {
  await wait(1.1, held);
  if (await send(held.id)) log.write('fault', { text: `${held.id} was sent after its hold was over` });
}

async function settleUnsent({ id, amounts }) {
  await settle(id, usedOf(amounts));
}

async function settleReleased({ id, amounts }) {
  await releaseUnsent({ id });
  await settle(id, usedOf(amounts));
}

async function settleExpiredUnsent(held) {
  await wait(1.1, held);
  await settle(held.id, usedOf(held.amounts));
}

async function book({ id, scopes, amounts }) {
  await releaseUnsent({ id });
  const booked = `${id}-booked`;
  const bigAmounts = Object.fromEntries(Object.entries(amounts).map(([unit, amount]) => [unit, BigInt(amount)]));
  log.write('booking', { id: booked, amounts });
  await store.book({ id: booked, scopes, amounts: bigAmounts });
  log.write('booked', { id: booked, scopes, amounts });
}

async function settle(id, amounts) {
  log.write('settling', { id, amounts });
  await ledger.settle(id, amounts);
  log.write('settled', { id, amounts });
}

/** Whether it may be sent: the hold may be over on a machine that is slow. */
async function send(id) {
  const isSent = await expectOrNot('not_held', () => ledger.markSent(id));
  log.write(isSent ? 'sent' : 'not_held', { id });
  return isSent;
}

/** At most what was held, or, where estimates are low, sometimes more, and of units that nobody had reserved. */
function usedOf(amounts) {
  const factor = mayExceed && random.chance(0.4) ? 2 : 1;
  const used = Object.entries(amounts).map(([unit, amount]) => [unit, random.integer(0, amount * factor)]);
  // What is not named is booked as it was held.
  if (used.length > 1 && random.chance(0.1)) used.pop();
  if (mayExceed && random.chance(0.1)) used.push([random.pick(units), random.integer(0, 3)]);
  return Object.fromEntries(used);
}

async function work() {
  await pause(random.integer(0, LONGEST_WORK_MS));
}

async function wait(times, { machineMs }) {
  await pause(machineMs * times + (times > 0 ? 5 : 0));
}

async function expect(code, verb) {
  if (await expectOrNot(code, verb)) log.write('fault', { text: `${code} was expected of ${verb}` });
}

/** Whether it worked; `false` where it was refused with this code. */
async function expectOrNot(code, verb) {
  try {
    await verb();
    return true;
  } catch (error) {
    if (CodedError.isInstance(error) && error.code === code) return false;
    throw error;
  }
}
