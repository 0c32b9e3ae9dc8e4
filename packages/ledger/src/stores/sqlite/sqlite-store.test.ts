import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import {
  type ObservationStoreContractOptions,
  observationStoreContract,
} from '../../testing/observation-store-contract.js';
import { storeContract } from '../../testing/store-contract.js';
import { sqliteStore } from './sqlite-store.js';

const directory = mkdtempSync(join(tmpdir(), 'ledger-contract-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a store in an SQLite file', () => {
  let files = 0;
  const given: ObservationStoreContractOptions = {
    test: (name, run) => it(name, run, 30_000),
    openStore: ({ clock }) => {
      files += 1;
      return sqliteStore({ file: join(directory, `${files}.db`), clock });
    },
  };
  storeContract(given);
  observationStoreContract(given);
});
