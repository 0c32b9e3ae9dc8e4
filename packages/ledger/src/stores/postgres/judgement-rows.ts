import type { SourcedQuality } from '../../rollup-changes.js';
import type { Statement, Transaction } from './transaction.js';

const find: Statement = {
  name: 'find judgements',
  text: 'SELECT observation, source, quality_millionths FROM judgements WHERE observation = ANY ($1) ORDER BY seq',
};
const insert: Statement = {
  name: 'insert judgement',
  text: `INSERT INTO judgements (observation, source, quality_millionths, judged_at_ms)
    VALUES ($1, $2, $3, coalesce($4::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint))`,
};
const remove: Statement = { name: 'remove judgements', text: 'DELETE FROM judgements WHERE observation = ANY ($1)' };

/** What was said of observations after they were recorded: by id, oldest first. */
export type Judgements = ReadonlyMap<string, readonly SourcedQuality[]>;

export async function findJudgements(transaction: Transaction, ids: readonly string[]): Promise<Judgements> {
  const rows = await transaction.rows<{
    readonly observation: string;
    readonly source: string;
    readonly quality_millionths: bigint;
  }>(find, [ids]);
  const byId = new Map<string, SourcedQuality[]>();
  for (const { observation, source, quality_millionths } of rows) {
    const judged = { source, qualityMillionths: Number(quality_millionths) };
    const others = byId.get(observation);
    if (others === undefined) byId.set(observation, [judged]);
    else others.push(judged);
  }
  return byId;
}

/** Whoever calls this holds the row of the observation. `clockMs`: `null` for the server's time. */
export function insertJudgement(
  transaction: Transaction,
  id: string,
  { source, qualityMillionths }: SourcedQuality,
  clockMs: number | null,
): void {
  transaction.write(insert, [id, source, qualityMillionths, clockMs]);
}

export function removeJudgements(transaction: Transaction, ids: readonly string[]): void {
  transaction.write(remove, [ids]);
}
