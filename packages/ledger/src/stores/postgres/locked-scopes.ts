import type { Limit } from '../../limit.js';
import type { Scope } from '../../scope.js';
import type { ThresholdReader } from '../threshold-reader.js';
import { windowOf } from '../window-columns.js';
import { type CounterColumns, Counters } from './counters.js';
import { Again } from './postgres-errors.js';
import { type Touched, touchedStatements } from './scope-statements.js';
import type { Transaction } from './transaction.js';
import type { WindowSpans } from './window-spans.js';

/** What a transaction found when it had its locks. Nobody else changes any of it until it ends. */
export interface LockedScopes {
  /** Of the server's clock, or of the one that the store was given. */
  readonly nowMs: number;
  /** When the next hold is over that nobody has ended; `null` where nothing is held. */
  readonly nextExpiryMs: number | null;
  /** How many resets of counters for life there were. */
  readonly resets: bigint;
  /** By scope, of those that are known: the parent. */
  readonly parents: ReadonlyMap<Scope, Scope | null>;
  /** Of the same. */
  readonly versions: ReadonlyMap<Scope, bigint>;
  readonly counters: Counters;
}

interface LockRow {
  readonly scope: string;
  readonly parent: string | null;
  readonly version: bigint;
}

interface LimitRow {
  readonly scope: string;
  readonly unit: Limit['unit'];
  readonly every: string;
  readonly time_zone: string;
  readonly amount: bigint;
  readonly thresholds: string;
}

/** The moment, with one of its counters or none. */
interface MomentRow extends CounterColumns {
  readonly amount: null;
  readonly now_ms: bigint;
  readonly next_expiry_ms: bigint | null;
  readonly resets: bigint;
}

export interface Lookup {
  readonly clockMs: () => number | null;
  readonly spans: WindowSpans;
  readonly thresholdsIn: ThresholdReader;
}

/**
 * Locks rows of scopes, always in the order of their names, and reads what stands under them then. Everything that
 * concerns a scope, its limits, its counters and its parent, is changed by whoever holds its row; a scope without a row is
 * made by whoever comes to need it, and two who do so at once are told by the key of the table.
 *
 * @throws Again when a parent was changed since the locks were chosen.
 */
export async function lockScopes(transaction: Transaction, touched: Touched, lookup: Lookup): Promise<LockedScopes> {
  const found = await findScopes(transaction, touched, 'lock', lookup);
  if (touched.kind === 'withAncestors') expectWhole(found.parents, touched.value);
  return found;
}

/** As `lockScopes`, to show them: in a transaction that sees one state. */
export function readScopes(transaction: Transaction, scopes: readonly Scope[], lookup: Lookup): Promise<LockedScopes> {
  return findScopes(transaction, { kind: 'named', value: scopes }, 'look', lookup);
}

async function findScopes(
  transaction: Transaction,
  touched: Touched,
  how: 'lock' | 'look',
  { clockMs, spans, thresholdsIn }: Lookup,
): Promise<LockedScopes> {
  const { [how]: lock, load } = touchedStatements(touched);
  const { value, span } = touched;
  const moment = [value, clockMs(), ...(span === undefined ? [] : [span.fromMs, span.toMs])];
  // One behind the other, each sees what was committed before it: so the second what is locked.
  const [lockRows, rows] = await Promise.all([
    transaction.rows<LockRow>(lock, [value]),
    transaction.rows<MomentRow | LimitRow>(load, moment),
  ]);
  const parents = new Map(lockRows.map(({ scope, parent }) => [scope, parent]));
  const momentRows = rows.filter((row): row is MomentRow => row.amount === null);
  const limitRows = rows.filter((row): row is LimitRow => row.amount !== null).sort(inOrder);
  const { now_ms, next_expiry_ms, resets } = momentRows[0] as MomentRow;
  return {
    nowMs: Number(now_ms),
    nextExpiryMs: next_expiry_ms === null ? null : Number(next_expiry_ms),
    resets,
    parents,
    versions: new Map(lockRows.map(({ scope, version }) => [scope, version])),
    counters: new Counters({
      ...{ transaction, spans, locked: parents },
      limits: limitRows.map((row) => limitOf(row, thresholdsIn)),
      rows: momentRows.filter(({ scope }) => scope !== null),
    }),
  };
}

/** Sorted; the scopes and those above them. */
export function withAncestors(
  parents: Pick<ReadonlyMap<Scope, Scope | null>, 'get'>,
  scopes: readonly Scope[],
): Scope[] {
  const all = new Set<Scope>();
  for (const scope of scopes) {
    for (let next: Scope | null = scope; next !== null && !all.has(next); next = parents.get(next) ?? null)
      all.add(next);
  }
  return [...all].sort();
}

/** A parent that is known and was not locked was given to its child in the meantime. */
function expectWhole(parents: ReadonlyMap<Scope, Scope | null>, scopes: readonly Scope[]): void {
  for (const scope of withAncestors(parents, scopes)) {
    const parent = parents.get(scope);
    if (parent !== undefined && parent !== null && !parents.has(parent)) throw new Again('A parent was changed.');
  }
}

function limitOf(row: LimitRow, thresholdsIn: ThresholdReader): Limit {
  const { scope, unit, every, time_zone, amount: limit, thresholds } = row;
  return { scope, unit, window: windowOf(every, time_zone), limit, thresholds: thresholdsIn(thresholds) };
}

function inOrder(first: LimitRow, second: LimitRow): number {
  const [one, other] = [first, second].map(({ unit, every, time_zone }) => `${unit} ${every} ${time_zone}`);
  return (one as string) < (other as string) ? -1 : 1;
}
