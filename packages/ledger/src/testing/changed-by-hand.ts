import Sqlite from 'better-sqlite3';

/** Changes a ledger's file without the ledger, for what would take it too long. */
export function changedByHand(file: string, statement: string, ...parameters: readonly bigint[]): void {
  const database = new Sqlite(file);
  try {
    database.prepare(statement).run(...parameters);
  } finally {
    database.close();
  }
}
