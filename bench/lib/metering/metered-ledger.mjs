import { ledgerModule } from '../built.mjs';
import { meteredPrices } from './metered-prices.mjs';

export const SCOPES = ['run:bench'];
const PARENT = 'infospace:bench';
/** High enough for every call; what is measured is that it is kept. */
const LIMIT_NANO_USD = 10n ** 18n;

/** A meter on a ledger in a file, with a limit on the run and one on what the run belongs to: `{ ledger, seen, meter }`. `seen` is what `seenByMeter` makes of the first for the last. */
export async function meteredLedger(file, seenByMeter = (ledger) => ledger) {
  const [{ createLedger }, { sqliteStore }, { createMeter }] = await Promise.all([
    import(ledgerModule('index')),
    import(ledgerModule('sqlite')),
    import(ledgerModule('meter')),
  ]);
  const ledger = createLedger({ store: await sqliteStore({ file }) });
  const [run] = SCOPES;
  await ledger.setParent(run, PARENT);
  for (const scope of [run, PARENT]) await ledger.setLimit({ scope, unit: 'nanoUsd', limit: LIMIT_NANO_USD });
  const log = (line) => process.stderr.write(`${line}\n`);
  const seen = seenByMeter(ledger);
  const meter = createMeter({ ledger: seen, scopes: SCOPES, log, ...(await meteredPrices()) });
  return { ledger, seen, meter };
}

/** How many calls are booked, and how many are held. */
export async function callsOn(ledger) {
  const { usage } = await ledger.readScope(PARENT);
  const { used = 0n, held = 0n } = usage.find(({ unit }) => unit === 'calls') ?? {};
  return { booked: Number(used), held: Number(held) };
}
