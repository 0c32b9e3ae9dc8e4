import { openSqlite } from '../reservations/bare-ledger.mjs';

const fields = [
  ...['id', 'atMs', 'application', 'infospace', 'runId', 'organisationId', 'task', 'adapter', 'provider', 'model'],
  ...['threadId', 'agentId', 'phase', 'promptTokens', 'completionTokens', 'cachedPromptTokens', 'cacheWriteTokens'],
  ...['reasoningTokens', 'costNanoUsd', 'economicCostNanoUsd', 'estimatedCostNanoUsd', 'costSource', 'cacheHit'],
  ...['latencyMs', 'status', 'attempt', 'qualityMillionths', 'qualitySource', 'metadata'],
];

/**
 * The least that records the same rows, with the same two indexes, and one sum for each of them: a row and an upsert for
 * every call. No histograms, no totals by agent, model or thread, no quarters of an hour, no forgetting.
 */
export function bareObservations(file) {
  const database = openSqlite(file, { timeout: 60_000 });
  database.exec(`
    CREATE TABLE observations (seq INTEGER PRIMARY KEY, ${fields.map((field) => (field === 'id' ? 'id TEXT UNIQUE' : field)).join(', ')});
    CREATE INDEX observations_by_time ON observations (atMs);
    CREATE TABLE sums (task TEXT, adapter TEXT, day INTEGER, observations INTEGER, tokens INTEGER, cost INTEGER,
      judged INTEGER, quality INTEGER, PRIMARY KEY (task, adapter, day)) WITHOUT ROWID`);
  const insert = database.prepare(
    `INSERT INTO observations (${fields.join(', ')}) VALUES (${fields.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
  );
  const upsert = database.prepare(`INSERT INTO sums VALUES (?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    observations = observations + 1, tokens = tokens + excluded.tokens, cost = cost + excluded.cost,
    judged = judged + excluded.judged, quality = quality + excluded.quality`);
  return {
    observe: database.transaction((batch) => {
      for (const call of batch) {
        insert.run(fields.map((field) => call[field]));
        const { task, adapter, atMs, promptTokens, completionTokens, costNanoUsd, qualityMillionths: quality } = call;
        const tokens = promptTokens + completionTokens;
        upsert.run(
          task,
          adapter,
          Math.floor(atMs / 86_400_000),
          tokens,
          costNanoUsd,
          quality === null ? 0 : 1,
          quality ?? 0,
        );
      }
    }).immediate,
    close: () => database.close(),
  };
}
