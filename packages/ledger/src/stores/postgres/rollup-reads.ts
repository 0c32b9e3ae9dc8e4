import type { NamedTotalSums, TaskSummaryQuery, TotalSums, UsageTotalsQuery } from '../../observation-store.js';
import { ALL_DAYS, NEWEST, type UsageDimension } from '../../rollup-changes.js';
import { mergedSummaries, type TaskSummary, taskSummary } from '../../task-summary.js';
import type { Connections } from './connections.js';
import { callsOfRow, type SumsRow } from './sums-columns.js';
import type { Statement } from './transaction.js';

const findTasks: Statement = {
  name: 'find task sums',
  text: `SELECT * FROM task_sums WHERE task = $1 AND source = ANY ($2) AND day BETWEEN $3 AND $4
    AND NOT is_forgotten AND ($5::text IS NULL OR adapter = $5)`,
};
const ofNow = 'epoch = (SELECT epoch FROM usage_state) AND dimension = $1 AND NOT is_forgotten';
const listTotals: Statement = {
  name: 'list usage totals',
  text: `SELECT * FROM usage_totals WHERE ${ofNow} AND name >= coalesce($2::text, '') AND name IS DISTINCT FROM $2
    ORDER BY name LIMIT $3`,
};
const countTotals: Statement = {
  name: 'count usage totals',
  text: `SELECT count(*)::int AS count FROM (SELECT 1 FROM usage_totals WHERE ${ofNow} LIMIT $2) AS counted`,
};
const findTotal: Statement = {
  name: 'find usage total',
  text: `SELECT * FROM usage_totals WHERE ${ofNow} AND name = $2`,
};

/** What roll-ups answer, each in one statement, which sees one state of the ledger. */
export class RollupReads {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async taskSummaries({ task, adapter, sinceDay, source }: TaskSummaryQuery): Promise<readonly TaskSummary[]> {
    const days = sinceDay === null ? [ALL_DAYS, ALL_DAYS] : [Math.max(0, sinceDay), Number.MAX_SAFE_INTEGER];
    const sources = source === null ? [NEWEST] : [NEWEST, source];
    const rows = await this.#rows(findTasks, [task, sources, ...days, adapter]);
    const summariesOf = (asked: string) =>
      mergedSummaries(
        rows
          .filter((row) => row['source'] === asked)
          .map((row) => taskSummary(task, row['adapter'] as string, callsOfRow(row))),
      );
    const all = summariesOf(NEWEST);
    if (source === null) return all;
    const judgedBy = new Map(summariesOf(source).map((each) => [each.adapter, each]));
    return all.map((each) => {
      const { judged, qualityMillionths, qualitySquaresMillionths } = judgedBy.get(each.adapter) ?? noneJudged;
      return { ...each, judged, qualityMillionths, qualitySquaresMillionths };
    });
  }

  async totals({ dimension, after, limit }: UsageTotalsQuery): Promise<readonly NamedTotalSums[]> {
    const rows = await this.#rows(listTotals, [dimension, after, limit]);
    return rows.map((row) => ({ ...callsOfRow(row), name: row['name'] as string }));
  }

  async countTotals(dimension: UsageDimension, atMost: number): Promise<number> {
    const [row] = await this.#rows(countTotals, [dimension, atMost]);
    return Number(row?.['count']);
  }

  async total(dimension: UsageDimension, name: string): Promise<TotalSums | null> {
    const [row] = await this.#rows(findTotal, [dimension, name]);
    return row === undefined ? null : callsOfRow(row);
  }

  #rows(statement: Statement, values: readonly unknown[]): Promise<SumsRow[]> {
    return this.#connections.transaction((transaction) => transaction.rows<SumsRow>(statement, values));
  }
}

const noneJudged = { judged: 0, qualityMillionths: 0n, qualitySquaresMillionths: 0n };
