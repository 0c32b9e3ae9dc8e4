import type { Clock } from '@budget/core';
import type { HubStore } from '../../store.js';
import { MAX_GROUPS, SummaryFold, summaryTooLarge } from '../../summary.js';
import { type Connections, openConnections } from './connections.js';
import { insertEvents, summaryRows } from './event-rows.js';
import { addressInvalid, databaseError, foreignSchema, newerSchema } from './postgres-errors.js';
import { migrate, SCHEMA, schemaFound } from './schema.js';

const DEFAULT_PORT = 5432;
/** So many rows are summed in one turn; between two, others are answered. */
const ROWS_A_TURN = 2000;
/** Of one change of the tables, which may go through all events there are. */
const MIGRATION_MS = 600_000;

/**
 * A hub's events in a PostgreSQL database, in the schema `budget_hub`. Each batch is one transaction that is on the server's
 * disk before it is acknowledged; several hubs may share it.
 *
 * @throws CodedError `address_invalid` of kind `usage`; of kind `environment`: `driver_missing`, `database_unreachable`,
 * `database_denied`, `database_read_only`, `database_busy`, `database_disk_full`, `database_newer`, `database_foreign`,
 * `database_failed`
 */
export async function postgresHubStore(options: {
  readonly address: string;
  readonly clock: Clock;
}): Promise<HubStore> {
  const where = checkedAddress(options.address);
  const connections = await openConnections(options.address);

  async function verb<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw databaseError(error, where);
    }
  }

  await verb(() => opened(connections, where)).catch(async (error) => {
    await connections.end();
    throw error;
  });
  return {
    name: where,
    record: (events) =>
      verb(async () => {
        const nowMs = options.clock.nowMs();
        const accepted = await connections.transaction((transaction) => insertEvents(transaction, events, nowMs));
        return { accepted, duplicates: events.length - accepted };
      }),
    summarize: (query) =>
      verb(() =>
        connections.transaction(async (transaction) => {
          const fold = new SummaryFold(query);
          for await (const rows of summaryRows(transaction, query, ROWS_A_TURN)) {
            for (const row of rows) fold.add(row);
            if (fold.groupCount > MAX_GROUPS) throw summaryTooLarge();
          }
          return fold.result();
        }, 'BEGIN READ ONLY'),
      ),
    expectUsable: () =>
      verb(async () => {
        await connections.transaction((transaction) => transaction('SELECT 1 FROM events LIMIT 1'), 'BEGIN READ ONLY');
      }),
    close: () => connections.end(),
  };
}

async function opened(connections: Connections, where: string): Promise<void> {
  let found = await connections.transaction(schemaFound);
  if (found === 'none' || found === 'older') found = await connections.transaction(migrate, 'BEGIN', MIGRATION_MS);
  if (found === 'foreign') throw foreignSchema(where, SCHEMA);
  if (found === 'newer') throw newerSchema(where);
}

/** Host, port and database: all that is ever told of it. */
function checkedAddress(address: string): string {
  if (!URL.canParse(address)) throw addressInvalid();
  const { hostname, port, pathname, searchParams } = new URL(address);
  const host = hostname || searchParams.get('host') || 'localhost';
  return `${host}:${port || DEFAULT_PORT}${pathname === '/' ? '' : pathname}`;
}
