import { openSqlite } from '../reservations/bare-ledger.mjs';

const texts = [
  ...['id', 'application', 'infospace', 'runId', 'organisationId', 'task', 'adapter', 'provider', 'model', 'threadId'],
  ...['agentId', 'phase', 'costSource', 'cacheHit', 'status', 'qualitySource', 'metadata'],
];
const numbers = [
  ...['atMs', 'promptTokens', 'completionTokens', 'cachedPromptTokens', 'cacheWriteTokens', 'reasoningTokens'],
  ...['costNanoUsd', 'economicCostNanoUsd', 'estimatedCostNanoUsd', 'latencyMs', 'attempt', 'qualityMillionths'],
];
const fields = [...texts, ...numbers];
const DAY_MS = 86_400_000;
const SLOT_MS = 900_000;
const ALWAYS = -1;

/**
 * The least that records the same rows, with the same two indexes, and one sum for each of them: a row and an upsert for
 * every call. No histograms, no totals by agent, model or thread, no quarters of an hour, no forgetting.
 */
export function bareObservations(file) {
  return bare(file, ({ task, adapter, atMs }, addTo) => addTo('task', `${task} ${adapter}`, Math.floor(atMs / DAY_MS)));
}

/** With an upsert for every sum that is kept of a call, but for latencies, and for qualities by source. */
export function bareObservationsWithAllSums(file) {
  return bare(file, (call, addTo) => {
    const { task, adapter, atMs, agentId, model, phase, application, threadId } = call;
    for (const at of [Math.floor(atMs / DAY_MS), ALWAYS]) addTo('task', `${task} ${adapter}`, at);
    const slot = atMs - (atMs % SLOT_MS);
    for (const at of [slot, ALWAYS]) {
      addTo('overall', '', at);
      addTo('agent', agentId, at);
      addTo('model', model, at);
      addTo('phase', phase, at);
    }
    addTo('application', application, slot);
    addTo('thread', threadId, ALWAYS);
  });
}

function bare(file, addSums) {
  const database = openSqlite(file, { timeout: 60_000 });
  const columns = [
    ...texts.map((field) => `${field} TEXT${field === 'id' ? ' UNIQUE' : ''}`),
    ...numbers.map((field) => `${field} INTEGER`),
  ];
  database.exec(`
    CREATE TABLE observations (seq INTEGER PRIMARY KEY, ${columns.join(', ')}) STRICT;
    CREATE INDEX observations_by_time ON observations (atMs);
    CREATE TABLE sums (dimension TEXT, name TEXT, at INTEGER, observations INTEGER, tokens INTEGER, cost INTEGER,
      judged INTEGER, quality INTEGER, PRIMARY KEY (dimension, name, at)) STRICT, WITHOUT ROWID`);
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
        const { promptTokens, completionTokens, costNanoUsd, qualityMillionths: quality } = call;
        const sums = [promptTokens + completionTokens, costNanoUsd, quality === null ? 0 : 1, quality ?? 0];
        addSums(call, (dimension, name, at) => upsert.run(dimension, name, at, ...sums));
      }
    }).immediate,
    close: () => database.close(),
  };
}
