import { budgetServe } from '../budget-serve.mjs';
import { HELD, SCOPE, USED } from './our-ledger.mjs';

let calls = 0;

/** A ledger behind `budget serve`. */
export async function servedLedger(file) {
  const { ask, close } = await budgetServe(file);
  return {
    async reserveAndSettle() {
      const id = `served-${calls++}`;
      await ask(201, 'POST', '/reservations', { id, scopes: [SCOPE], amounts: { nanoUsd: Number(HELD) } });
      await ask(200, 'POST', `/reservations/${id}/settle`, { amounts: { nanoUsd: Number(USED) } });
    },
    close,
  };
}
