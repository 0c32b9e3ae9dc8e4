import { ledgerModule } from '../built.mjs';

/** The ledger as its users open it, with one limit on one scope. */
export async function ourLedger(file) {
  const [{ createLedger }, { sqliteStore }] = await Promise.all([
    import(ledgerModule('index')),
    import(ledgerModule('sqlite')),
  ]);
  const ledger = createLedger({ store: await sqliteStore({ file, busyTimeoutMs: 60_000 }) });
  await ledger.setLimit({ scope: SCOPE, unit: 'nanoUsd', limit: 10n ** 18n });
  return ledger;
}

export const SCOPE = 'bench';
/** Of each call, in nano-USD. */
export const HELD = 100_000n;
export const USED = 90_000n;

export async function reserveAndSettle(ledger) {
  const { id } = await ledger.reserve({ scopes: [SCOPE], amounts: { nanoUsd: HELD } });
  await ledger.settle(id, { nanoUsd: USED });
}

export async function usedOf(ledger) {
  const { usage } = await ledger.readScope(SCOPE);
  return usage.find(({ unit }) => unit === 'nanoUsd').used / USED;
}
