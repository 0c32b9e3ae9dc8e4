import type { Clock } from '@budget/core';
import type { ObservationStore } from '../observation-store.js';
import type { LedgerStore } from '../store.js';
import { contractTools } from './contract/contract-tools.js';
import { judgingContract } from './contract/judging-contract.js';
import type { ObservationContract } from './contract/observation-tools.js';
import { observingContract } from './contract/observing-contract.js';
import { summingContract } from './contract/summing-contract.js';

export interface ObservationStoreContractOptions {
  /** Registers a test, as `test` of node:test, `it` of vitest, jest or mocha do. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Gives an empty store whose time is that of the clock. Each test opens one and closes it. */
  readonly openStore: (options: { readonly clock: Clock }) => Promise<LedgerStore & ObservationStore>;
}

const contracts: readonly ObservationContract[] = [observingContract, judgingContract, summingContract];

/** What every store of observations must do, as tests for any test runner; beside `storeContract`. */
export function observationStoreContract({ test, openStore }: ObservationStoreContractOptions): void {
  for (const contract of contracts) {
    for (const [name, run] of Object.entries(contract)) {
      test(name, async () => {
        const tools = contractTools();
        const store = await openStore({ clock: tools.clock });
        try {
          await run({ ...tools, store });
          tools.isEqual(await store.auditRollups(), []);
          tools.isEqual(await store.audit(), []);
        } finally {
          await store.close();
        }
      });
    }
  }
}
