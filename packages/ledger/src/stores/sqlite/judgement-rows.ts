import type { Database } from 'better-sqlite3';
import type { KeptJudgement } from '../../checked-observation.js';
import type { SourcedQuality } from '../../rollup-changes.js';

/** What was said of the quality of observations after they were recorded. To be used inside a transaction. */
export class JudgementRows {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  /** Oldest first. @param observation its `seq` */
  of(observation: number): readonly SourcedQuality[] {
    const rows = this.#statements.of.all(observation) as readonly (readonly [string, number])[];
    return rows.map(([source, qualityMillionths]) => ({ source, qualityMillionths }));
  }

  /** Oldest first. @param ids of observations */
  ofAll(ids: readonly string[]): readonly KeptJudgement[] {
    const rows = this.#statements.ofAll.all(JSON.stringify(ids)) as readonly (readonly [string, string, number])[];
    return rows.map(([observationId, source, qualityMillionths]) => ({ observationId, source, qualityMillionths }));
  }

  insert(observation: number, { source, qualityMillionths }: SourcedQuality, nowMs: number): void {
    this.#statements.insert.run(observation, source, qualityMillionths, nowMs);
  }

  removeOf(observation: number): void {
    this.#statements.remove.run(observation);
  }
}

function prepare(database: Database) {
  return {
    of: database
      .prepare('SELECT source, quality_millionths FROM judgements WHERE observation = ? ORDER BY seq')
      .raw()
      .safeIntegers(false),
    ofAll: database
      .prepare(
        `SELECT o.id, j.source, j.quality_millionths FROM judgements j JOIN observations o ON o.seq = j.observation
         WHERE o.id IN (SELECT value FROM json_each(?)) ORDER BY j.seq`,
      )
      .raw()
      .safeIntegers(false),
    insert: database.prepare(
      'INSERT INTO judgements (observation, source, quality_millionths, judged_at_ms) VALUES (?, ?, ?, ?)',
    ),
    remove: database.prepare('DELETE FROM judgements WHERE observation = ?'),
  };
}
