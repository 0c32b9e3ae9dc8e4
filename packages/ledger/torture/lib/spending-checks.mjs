import { openRows } from './ledgers.mjs';
import { readLog } from './spending-log.mjs';
import { units, withAncestors } from './spending-plan.mjs';

const columns = { tokens: 'tokens', nanoUsd: 'nano_usd', calls: 'calls' };
const DAY_MS = 86_400_000n;

/**
 * Compares what the workers were told, the rows of reservations and the counters, all read here with SQL and added up
 * here. Nothing of the package takes part.
 */
export async function checkSpending({ place, logFiles, estimates, findings }) {
  const rows = await openRows(place);
  const reservations = await rows.reservations();
  const counters = await rows.all('SELECT * FROM counters');
  await rows.close();
  const { asked, released, totals } = readLogs(logFiles, findings);
  const figures = { ...totals, ...checkAnswers({ reservations, logFiles, findings }) };
  const sums = new Map();
  for (const row of reservations) {
    checkRow({ row, asked, estimates, findings, figures });
    addUp(sums, row, excessOf(row, released));
  }
  checkCounters({ counters, sums, findings });
  return figures;
}

/** `asked`: the amounts of every settlement that anybody asked for; `released`: what had nothing set aside any more. */
function readLogs(logFiles, findings) {
  const asked = new Map();
  const released = new Set();
  const totals = { held: 0, refused: 0, settled: 0, booked: 0, refusedBy: {} };
  for (const logFile of logFiles) {
    for (const line of readLog(logFile)) {
      if (line.verb === 'fault') findings.violation(line.text);
      if (line.verb === 'settling' || line.verb === 'booking') asked.set(line.id, line.amounts);
      if (line.verb === 'released') released.add(line.id);
      if (line.verb in totals) totals[line.verb] += 1;
      if (line.verb !== 'refused') continue;
      const limit = `${line.scope} ${line.unit} ${line.every || 'life'}`;
      totals.refusedBy[limit] = (totals.refusedBy[limit] ?? 0) + 1;
    }
  }
  return { asked, released, totals };
}

/** Everything that a worker was told is so. */
function checkAnswers({ reservations, logFiles, findings }) {
  const byId = new Map(reservations.map((row) => [row.id, row]));
  for (const logFile of logFiles) {
    for (const { verb, id, amounts, scopes } of readLog(logFile)) {
      const row = byId.get(id);
      if (verb === 'refused') findings.expect(row === undefined, `${id} was refused and is there`);
      if (!['held', 'sent', 'not_held', 'settled', 'released', 'booked'].includes(verb)) continue;
      if (!findings.expect(row !== undefined, `${id} was acknowledged (${verb}) and is not there`)) continue;
      if (verb === 'held') {
        findings.expect(isSame(heldOf(row), amounts), `${id} holds other amounts than acknowledged`);
        const expected = JSON.stringify(withAncestors(scopes));
        findings.expect(row.scopes === expected, `${id} is on ${row.scopes}, not on ${expected}`);
      }
      if (verb === 'sent') findings.expect(row.sent_at_ms !== null, `${id} was acknowledged as sent and is not`);
      if (verb === 'not_held') findings.expect(row.sent_at_ms === null, `${id} was sent though it was refused`);
      if (verb === 'released') {
        const isOver = ['released', 'expired', 'settled'].includes(row.status);
        findings.expect(isOver, `${id} was released and is ${row.status}`);
      }
      if (verb !== 'settled' && verb !== 'booked') continue;
      const booked = { ...heldOf(row), ...amounts };
      const holds = row.status === 'settled' && isSame(bookedOf(row), booked);
      findings.expect(
        holds,
        () => `${id} was acknowledged as ${text(booked)} and is ${row.status} ${text(bookedOf(row))}`,
      );
    }
  }
}

/** How a reservation that nobody will touch any more may have ended. */
function checkRow({ row, asked, estimates, findings, figures }) {
  const { id, status, sent_at_ms, estimated_after } = row;
  const booked = bookedOf(row);
  const count = (figure) => {
    figures[figure] = (figures[figure] ?? 0) + 1;
  };
  count('rows');
  if (status === 'settled') {
    const amounts = asked.get(id);
    const isAsked = amounts !== undefined && isSame(booked, { ...heldOf(row), ...amounts });
    findings.expect(isAsked, () => `${id} is settled with ${text(booked)}; asked was ${text(amounts ?? {})}`);
    findings.expect(estimated_after === null, `${id} is settled and estimated`);
  } else if (status === 'released' || (status === 'expired' && sent_at_ms === null)) {
    findings.expect(isSame(booked, {}) && estimated_after === null, `${id} is ${status} and booked`);
    if (status === 'expired') count('orphansFreed');
  } else if (status === 'expired') {
    const isWhole = isSame(booked, heldOf(row)) && estimated_after !== null;
    findings.expect(isWhole, () => `${id} was sent and expired, booked ${text(booked)} of ${text(heldOf(row))}`);
    count('orphansBooked');
  } else {
    findings.violation(`${id} is still ${status}`);
  }
  if (estimates !== 'bounds') return;
  for (const unit of units) {
    const isWithin = (booked[unit] ?? 0n) <= (heldOf(row)[unit] ?? 0n);
    findings.expect(isWithin, `${id} booked more ${unit} than it held`);
  }
}

/** What was used beyond what was set aside, by unit. */
function excessOf(row, released) {
  const { id, sent_at_ms, resolved_at_ms, expires_at_ms } = row;
  const isExpiredUnsent = sent_at_ms === null && resolved_at_ms >= expires_at_ms;
  const held = released.has(id) || isExpiredUnsent ? {} : heldOf(row);
  const booked = bookedOf(row);
  const excess = {};
  for (const unit of units) {
    const beyond = (booked[unit] ?? 0n) - (held[unit] ?? 0n);
    excess[unit] = beyond > 0n ? beyond : 0n;
  }
  return excess;
}

function addUp(sums, row, excess) {
  const booked = bookedOf(row);
  const dayStartsAtMs = row.reserved_at_ms - (row.reserved_at_ms % DAY_MS);
  for (const scope of JSON.parse(row.scopes)) {
    for (const unit of units) {
      for (const window of ['life 0', `day ${dayStartsAtMs}`]) {
        const key = `${scope} ${unit} ${window}`;
        const sum = sums.get(key) ?? { used: 0n, overrun: 0n };
        sums.set(key, { used: sum.used + (booked[unit] ?? 0n), overrun: sum.overrun + excess[unit] });
      }
    }
  }
}

function checkCounters({ counters, sums, findings }) {
  const nothing = { used: 0n, overrun: 0n };
  const seen = new Set();
  for (const counter of counters) {
    const { scope, unit, every, starts_at_ms, used, held, overrun } = counter;
    const key = `${scope} ${unit} ${every || 'life'} ${starts_at_ms}`;
    seen.add(key);
    const sum = sums.get(key) ?? nothing;
    findings.expect(held === 0n, `${key}: ${held} are still held`);
    findings.expect(used === sum.used, `${key}: used is ${used}, the reservations say ${sum.used}`);
    findings.expect(overrun === sum.overrun, `${key}: overrun is ${overrun}, the reservations say ${sum.overrun}`);
  }
  for (const [key, sum] of sums) {
    if (!key.includes(' life ') || sum.used === 0n) continue;
    findings.expect(seen.has(key), `${key}: ${sum.used} are used, and there is no counter`);
  }
}

function heldOf(row) {
  return amountsOf(row, 'held');
}

function bookedOf(row) {
  return amountsOf(row, 'booked');
}

function amountsOf(row, kind) {
  const named = units.filter((unit) => row[`${kind}_${columns[unit]}`] !== null);
  return Object.fromEntries(named.map((unit) => [unit, row[`${kind}_${columns[unit]}`]]));
}

function isSame(first, second) {
  return units.every((unit) => BigInt(first[unit] ?? 0) === BigInt(second[unit] ?? 0));
}

function text(amounts) {
  return JSON.stringify(Object.fromEntries(Object.entries(amounts).map(([unit, amount]) => [unit, Number(amount)])));
}
