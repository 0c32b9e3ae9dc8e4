import type { Database } from 'better-sqlite3';
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
    insert: database.prepare(
      'INSERT INTO judgements (observation, source, quality_millionths, judged_at_ms) VALUES (?, ?, ?, ?)',
    ),
    remove: database.prepare('DELETE FROM judgements WHERE observation = ?'),
  };
}
