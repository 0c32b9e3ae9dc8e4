import { open } from 'node:fs/promises';

const SCOPES = 1000;
const LINES_AT_ONCE = 1000;
const AT_MS = Date.UTC(2026, 5, 10);

/** An export of bookings of one call each, on scopes that lie under one. */
export async function writeLargeExport(file, reservations) {
  const output = await open(file, 'w');
  let count = 0;
  let lines = [];
  const write = async (record) => {
    count += 1;
    lines.push(JSON.stringify(record));
    if (lines.length < LINES_AT_ONCE) return;
    await output.appendFile(`${lines.join('\n')}\n`);
    lines = [];
  };
  await write({ kind: 'ledger_export', version: 1, exported_at: new Date(AT_MS).toISOString() });
  await write({ kind: 'resets', count: '0' });
  const scopes = Array.from({ length: SCOPES }, (_, index) => `run:${String(index).padStart(4, '0')}`);
  await write({ kind: 'scope', scope: 'org', parent: null });
  for (const scope of scopes) await write({ kind: 'scope', scope, parent: 'org' });
  await write(counterOf('org', reservations));
  for (const [index, scope] of scopes.entries()) {
    await write(counterOf(scope, Math.ceil((reservations - index) / SCOPES)));
  }
  for (let number = 0; number < reservations; number += 1) await write(bookingOf(number, scopes[number % SCOPES]));
  // Without the first line and this one.
  lines.push(JSON.stringify({ kind: 'end', records: count - 1 }));
  await output.appendFile(`${lines.join('\n')}\n`);
  await output.close();
}

function counterOf(scope, calls) {
  return {
    kind: 'counter',
    scope,
    unit: 'calls',
    window: null,
    starts_at_ms: 0,
    ends_at_ms: null,
    used: String(calls),
    held: '0',
    overrun: String(calls),
    forgotten_used: '0',
    forgotten_overrun: '0',
    reset_at: '0',
    crossed_percent: 0,
    last_used_at_ms: AT_MS,
  };
}

function bookingOf(number, scope) {
  return {
    ...{
      kind: 'reservation',
      id: `booking ${number}`,
      status: 'settled',
      asked_scopes: [scope],
      scopes: ['org', scope],
    },
    reserved_at_ms: AT_MS,
    expires_at_ms: AT_MS,
    sent_at_ms: null,
    resolved_at_ms: AT_MS,
    estimated_after: null,
    amounts: {},
    booked: { calls: '1' },
    overrun: { calls: '1' },
  };
}
