import { ledgerModule } from '../built.mjs';
import { call } from '../pretended-provider.mjs';

const NANO_PER_USD = 1_000_000_000;
const SCOPE = 'run:bench';

/** Reserve, mark as sent, settle, on the SQLite store. It is given amounts and knows no models. */
export const ledger = {
  name: '@budget/ledger',
  isShared: true,
  hasModels: false,
  isRefusal: ({ kind }) => kind === 'budget',
  async open({ file, budgetUsd, send, holdMs }) {
    const { createLedger } = await import(ledgerModule('index'));
    const { sqliteStore } = await import(ledgerModule('sqlite'));
    const opened = createLedger({ store: await sqliteStore({ file }) });
    await opened.setLimit({ scope: SCOPE, unit: 'nanoUsd', limit: budgetUsd * NANO_PER_USD });
    const hold = () =>
      opened.reserve({ scopes: [SCOPE], amounts: { nanoUsd: call.nanoUsd }, ...(holdMs && { expiresInMs: holdMs }) });
    return {
      hold,
      async call(model) {
        const { id } = await hold();
        await opened.markSent(id);
        await send({ model });
        await opened.settle(id, { nanoUsd: call.nanoUsd });
      },
      async spentUsd() {
        // A hold whose time is over ends with the next verb that writes; somebody who only looks has to ask for it.
        await opened.expireDue();
        const { limits } = await opened.readScope(SCOPE);
        return decimal(limits[0].used);
      },
      close: () => opened.close(),
    };
  },
};

/** Nano-dollars as dollars, every digit that is not an idle zero. */
function decimal(nanoUsd) {
  const digits = nanoUsd.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '');
}
