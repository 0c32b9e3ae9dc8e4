import type { Clock } from '@budget/core';
import type { LedgerStore } from '../store.js';
import { admissionContract } from './contract/admission-contract.js';
import { type Contract, contractTools } from './contract/contract-tools.js';
import { correctionContract } from './contract/correction-contract.js';
import { listingContract } from './contract/listing-contract.js';
import { movingContract } from './contract/moving-contract.js';
import { parentContract } from './contract/parent-contract.js';
import { settlementContract } from './contract/settlement-contract.js';
import { threadContract } from './contract/thread-contract.js';
import { thresholdContract } from './contract/threshold-contract.js';
import { transitionContract } from './contract/transition-contract.js';
import { windowContract } from './contract/window-contract.js';

export interface StoreContractOptions {
  /** Registers a test, as `test` of node:test, `it` of vitest, jest or mocha do. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /**
   * Gives an empty store whose time is that of the clock, and that ends nothing in the background. Each test opens one, or
   * two, and closes them.
   */
  readonly openStore: (options: { readonly clock: Clock }) => Promise<LedgerStore>;
}

const contracts: readonly Contract[] = [
  admissionContract,
  transitionContract,
  settlementContract,
  correctionContract,
  windowContract,
  parentContract,
  thresholdContract,
  threadContract,
  listingContract,
  movingContract,
];

/**
 * What every ledger store must do, as tests for any test runner:
 *
 * ```ts
 * import { test } from 'node:test';
 * storeContract({ test, openStore: ({ clock }) => myStore({ clock }) });
 * ```
 */
export function storeContract({ test, openStore }: StoreContractOptions): void {
  for (const contract of contracts) {
    for (const [name, run] of Object.entries(contract)) {
      test(name, async () => {
        const tools = contractTools();
        const opened: LedgerStore[] = [];
        const open = async () => {
          const store = await openStore({ clock: tools.clock });
          opened.push(store);
          return store;
        };
        try {
          const store = await open();
          const end = await run({ ...tools, store, openAnother: open });
          if (end !== 'closed') tools.isEqual(await store.audit(), []);
        } finally {
          for (const store of opened) await store.close();
        }
      });
    }
  }
}
