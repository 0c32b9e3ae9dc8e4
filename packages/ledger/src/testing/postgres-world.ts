import { postgresStore } from '../stores/postgres/postgres-store.js';
import { EXPIRED_AT_ONCE } from '../stores/postgres/reservations-in-postgres.js';
import type { ModelWorld } from './model-world.js';
import { queryOn } from './postgres-for-tests.js';

/** The oracle forgets nothing, and ends nothing in the background. */
const NEVER_DAYS = Number.POSITIVE_INFINITY;
let worlds = 0;

/** Ledgers in schemas of one database; a crash ends the sessions of all handles. */
export function postgresWorld(connectionString: string): ModelWorld {
  worlds += 1;
  const schema = `world_${worlds}`;
  const forever = { retentionDays: NEVER_DAYS, threadIdleDays: NEVER_DAYS };
  return {
    expiredAtOnce: EXPIRED_AT_ONCE,
    isInOrder: false,
    open: (clock) => postgresStore({ connectionString, schema, clock, maxConnections: 1, ...forever }),
    async crash() {
      const sessions = `FROM pg_stat_activity WHERE application_name = 'budget-ledger'`;
      await queryOn(connectionString, `SELECT pg_terminate_backend(pid) ${sessions}`);
    },
    async remove() {
      await queryOn(connectionString, `DROP SCHEMA ${schema} CASCADE`);
    },
  };
}
