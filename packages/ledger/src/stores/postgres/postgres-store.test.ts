import { describe, it } from 'vitest';
import {
  type ObservationStoreContractOptions,
  observationStoreContract,
} from '../../testing/observation-store-contract.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { storeContract } from '../../testing/store-contract.js';
import { postgresStore } from './postgres-store.js';

// Nobody pulls the plug here.
const { server } = postgresForTests({ settings: { fsync: 'off' } });

describe('a store in a PostgreSQL database', () => {
  let schemas = 0;
  const given: ObservationStoreContractOptions = {
    test: (name, run) => it(name, run, 30_000),
    openStore: ({ clock }) => {
      schemas += 1;
      return postgresStore({
        connectionString: server().address,
        schema: `ledger_${schemas}`,
        maxConnections: 2,
        clock,
        // What is over is otherwise ended in the background, before a test that counts it.
        retentionDays: Number.POSITIVE_INFINITY,
        threadIdleDays: Number.POSITIVE_INFINITY,
      });
    },
  };
  storeContract(given);
  observationStoreContract(given);
});
