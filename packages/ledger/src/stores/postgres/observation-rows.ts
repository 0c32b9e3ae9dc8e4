import type { KeptObservation } from '../../kept-observation.js';
import { observationColumns, observationOfRow, type RowValue, rowOfObservation } from '../observation-columns.js';
import { byColumn, type Column, namesOf, rowsOf } from './column-lists.js';
import type { Statement, Transaction } from './transaction.js';

/** An observation with what the store adds to it. */
export interface ObservationRow {
  /** How often totals had begun anew. */
  readonly totalsEpoch: number;
  readonly kept: KeptObservation;
}

/** By their names. */
export type ObservationColumns = Readonly<Record<string, unknown>>;

const numbers = /(_ms|_tokens|_nano_usd|_millionths)$|^attempt$/;
const columns = observationColumns.map((name): Column => ({ name, type: numbers.test(name) ? 'bigint' : 'text' }));

/** What a query selects for `observationIn`. */
export const observationList = ['totals_epoch', ...observationColumns].map((name) => `o.${name}`).join(', ');

interface RecordedRow {
  readonly epoch: bigint | null;
  /** `null` where all are new, as mostly. */
  readonly ids: readonly string[] | null;
}

/** In the order of their ids, so that of two who record the same one waits for the other; numbered as they were given. */
const insert: Statement = {
  name: 'insert observations',
  text: `WITH recorded AS (
    INSERT INTO observations (recorded_at_ms, totals_epoch, seq, ${namesOf(columns)})
    SELECT coalesce($1::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint),
      (SELECT epoch FROM usage_state), numbered.*
    FROM (SELECT nextval('observation_seq'), given.* FROM ${rowsOf(columns, 2)} AS given (${namesOf(columns)})) AS numbered
    ORDER BY numbered.id COLLATE "C"
    ON CONFLICT (id) DO NOTHING RETURNING id, totals_epoch)
    SELECT max(totals_epoch) AS epoch,
      CASE WHEN count(*) < cardinality($2::text[]) THEN array_agg(id) END AS ids FROM recorded`,
};
const find: Statement = {
  name: 'find observations',
  text: `SELECT ${observationList} FROM observations o WHERE o.id = ANY ($1)`,
};
const lock: Statement = { name: 'lock observations', text: `${find.text} ORDER BY o.id FOR UPDATE` };
/** Also those of a time that is not near for long: a clock was wrong, and what it left must not stay for ever. */
const lockOld: Statement = {
  name: 'lock old observations',
  text: `SELECT ${observationList} FROM observations o WHERE o.id IN (
      (SELECT id FROM observations WHERE recorded_at_ms < $1 ORDER BY recorded_at_ms LIMIT $3)
      UNION ALL
      (SELECT id FROM observations WHERE recorded_at_ms > $2 ORDER BY recorded_at_ms DESC LIMIT $3))
    ORDER BY o.id LIMIT $3 FOR UPDATE`,
};
const remove: Statement = { name: 'remove observations', text: 'DELETE FROM observations WHERE id = ANY ($1)' };

export interface Recorded {
  readonly isNew: (id: string) => boolean;
  /** Of the totals that they are counted in; `null` where none is new. */
  readonly epoch: number | null;
}

/** Of each id there is one. Those that are known stay as they are. `clockMs`: `null` for the server's time. */
export async function insertObservations(
  transaction: Transaction,
  given: readonly KeptObservation[],
  clockMs: number | null,
): Promise<Recorded> {
  const values = [clockMs, ...byColumn(given.map(rowOfObservation), columns.length)];
  const [row] = await transaction.change<RecordedRow>(insert, values);
  const { epoch = null, ids = null } = row ?? {};
  if (epoch === null) return { isNew: () => false, epoch };
  const some = ids === null ? null : new Set(ids);
  return { isNew: (id) => some?.has(id) ?? true, epoch: Number(epoch) };
}

export async function findObservations(transaction: Transaction, ids: readonly string[]): Promise<ObservationRow[]> {
  return (await transaction.rows<ObservationColumns>(find, [ids])).map(observationIn);
}

/** Nobody judges or forgets it until the transaction ends. */
export async function lockObservation(transaction: Transaction, id: string): Promise<ObservationRow | null> {
  const [row] = await transaction.rows<ObservationColumns>(lock, [[id]]);
  return row === undefined ? null : observationIn(row);
}

/** Those recorded outside of a time, locked, at most `max` of them. */
export async function lockOldObservations(
  transaction: Transaction,
  { fromMs, toMs, max }: { readonly fromMs: number; readonly toMs: number; readonly max: number },
): Promise<ObservationRow[]> {
  return (await transaction.rows<ObservationColumns>(lockOld, [fromMs, toMs, max])).map(observationIn);
}

export function removeObservations(transaction: Transaction, ids: readonly string[]): void {
  transaction.write(remove, [ids]);
}

export function observationIn(row: ObservationColumns): ObservationRow {
  const values = observationColumns.map((name) => {
    const value = row[name] as RowValue;
    return typeof value === 'bigint' && !name.endsWith('_nano_usd') ? Number(value) : value;
  });
  return { totalsEpoch: Number(row['totals_epoch']), kept: observationOfRow(values) };
}
