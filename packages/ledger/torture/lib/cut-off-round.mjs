import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { createLedger } from '../../dist/index.js';
import { postgresStore } from '../../dist/postgres.js';

const LIMIT = 400;
const HELD = 50;
const SENT = 7;
/** Long enough for all that comes before it ends. */
const HOLD_MS = 9000;
/** Two seconds the server waits for a session that stands still; the rest is for a busy machine. */
const MOST_STANDSTILL_MS = 6000;
const LOOK_EVERY_MS = 25;
const PATIENCE_MS = 60_000;

/** One limit, two workers, one cut. */
export class CutOffRound {
  #of;
  #overspent = 0;

  constructor(of) {
    this.#of = of;
  }

  async run() {
    const { server, scope } = this.#of;
    const ledger = createLedger({
      store: await postgresStore({ connectionString: server.address, timeoutMs: 20_000 }),
    });
    const control = new pg.Client({ connectionString: server.address });
    await control.connect();
    let isOver = false;
    let watching = null;
    try {
      await ledger.setLimit({ scope, unit: 'tokens', limit: LIMIT });
      watching = this.#watch(ledger, () => isOver);
      return await this.#play(ledger, control);
    } finally {
      isOver = true;
      await watching;
      await control.end();
      await ledger.close();
    }
  }

  async #play(ledger, control) {
    const { near, far, scope, findings } = this.#of;
    const mine = (id) => `${scope} ${id}`;
    const held = (id, tokens, more = {}) => ({
      request: { id: mine(id), scopes: [scope], amounts: { tokens }, expiresInMs: HOLD_MS, ...more },
    });
    for (const { worker } of [near, far]) await worker.ask('forget');
    for (const { worker } of [near, far]) await worker.ask('work', { scope });
    for (const { worker } of [near, far]) await until(async () => (await worker.ask('told')).settled >= 10);
    await far.worker.ask('rest');
    for (const request of [held('held', HELD), held('sent', SENT, { isSent: true })]) {
      const outcome = await far.worker.ask('reserve', request);
      findings.expect(outcome === 'done', `before the cut a reservation ended with ${outcome}`);
    }

    // It waits for the lock of the scope when its way is cut: what it gets then it never hears of. With a scope that is new,
    // as a reservation that comes upon nothing new is one statement and has no middle.
    await control.query('BEGIN');
    await control.query('SELECT 1 FROM budget_ledger.scopes WHERE scope = $1 FOR UPDATE', [scope]);
    const cut = far.worker.ask('reserve', held('cut', 1, { scopes: [scope, `${scope} new`] }));
    await until(() => sessionOfFar(control, `wait_event_type = 'Lock'`));
    await far.cut();
    await near.worker.ask('told');
    await control.query('ROLLBACK');
    await until(() => sessionOfFar(control, `state = 'idle in transaction'`));

    // It holds the lock, and does not know. The other one goes on all the same.
    const before = (await near.worker.ask('told')).settled;
    await until(async () => (await near.worker.ask('told')).settled > before + 5);
    const outcome = await cut;
    findings.expect(outcome === 'ledger_unreachable', `the reservation that was cut off ended with ${outcome}`);
    const left = await ledger.readReservation(mine('cut'));
    findings.expect(left === null, () => `of the reservation that was cut off ${left.status} is left`);

    // As much as is not held, and when the holds are over all that the unsent one held.
    await until(async () => (await usageOf(ledger, scope)).used === LIMIT);
    const standstillMs = this.#longestMs;
    await near.worker.ask('rest');
    const ended = { held: (await ledger.readReservation(mine('held'))).status };
    ended.sent = (await ledger.readReservation(mine('sent'))).isEstimated;
    findings.expect(ended.held === 'expired', `its hold is ${ended.held}`);
    findings.expect(ended.sent === true, 'what it had sent is not booked as an estimate');
    const settled = (await near.worker.ask('told')).settled + (await far.worker.ask('told')).settled;
    const usage = await usageOf(ledger, scope);
    findings.expect(usage.used === settled + SENT && usage.held === 0, () => {
      return `${settled} were settled and ${SENT} sent, and ${JSON.stringify(usage)} is counted`;
    });
    findings.expect(this.#overspent === 0, `used and held were over the limit in ${this.#overspent} looks`);
    findings.expect(standstillMs <= MOST_STANDSTILL_MS, `the other one stood still for ${standstillMs} ms`);
    findings.expect((await ledger.store.audit()).length === 0, 'a counter is not the sum of its reservations');

    await far.mend();
    const again = { request: { id: mine('again'), scopes: [`${scope} again`], amounts: { tokens: 1 } } };
    await until(async () => (await far.worker.ask('reserve', again)) === 'done');
    return { settled, standstillMs };
  }

  #longestMs = 0;

  /** From outside: whatever happens, never more than the limit; and how long nothing is settled. */
  async #watch(ledger, isOver) {
    const { scope, near } = this.#of;
    let settled = 0;
    let since = performance.now();
    while (!isOver()) {
      const { used, held } = await usageOf(ledger, scope);
      if (used + held > LIMIT) this.#overspent += 1;
      const now = await near.worker.ask('told');
      if (now.settled !== settled || now.refused > 0) since = performance.now();
      settled = now.settled;
      this.#longestMs = Math.max(this.#longestMs, performance.now() - since);
      await pause(LOOK_EVERY_MS);
    }
  }
}

async function usageOf(ledger, scope) {
  const usage = (await ledger.readScope(scope)).usage.find(({ unit }) => unit === 'tokens');
  return { used: Number(usage?.used ?? 0n), held: Number(usage?.held ?? 0n) };
}

async function sessionOfFar(control, condition) {
  const { rows } = await control.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = 'far' AND ${condition}`,
  );
  // Else a transaction sees for ever those sessions that it saw at first, and none that was opened since.
  await control.query('SELECT pg_stat_clear_snapshot()');
  return rows.length > 0;
}

async function until(isSo) {
  for (const startedMs = performance.now(); !(await isSo()); await pause(20)) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`in vain for a minute: ${isSo}`);
  }
}
