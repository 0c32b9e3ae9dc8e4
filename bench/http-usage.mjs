// How long `GET /usage` takes over HTTP after a short and after a long history, beside a request that looks at nothing.
//
//   node bench/http-usage.mjs [rounds]               default 10
//   node bench/http-usage.mjs --asked 50             requests in a turn, default 200
//   node bench/http-usage.mjs --observations 100000  the long history, default 10000000 (5 GB)
import { join } from 'node:path';
import { budgetServe } from './lib/budget-serve.mjs';
import { ledgerModule } from './lib/built.mjs';
import { readSizes } from './lib/options.mjs';
import { printConditions, printGoal, printTable, tellProgress, withCommas } from './lib/print.mjs';
import { measureAsyncInRounds, median, warmUpRounds } from './lib/rounds.mjs';
import { inTemporaryDirectory } from './lib/temporary-directory.mjs';

const BATCH = 1000;
const SHORT_HISTORY = 10_000;
const [MODELS, AGENTS, THREADS] = [10, 50, 5000];
const USAGE_AT_MOST_MS = 5;
const EVERY_MS = 777;
const STARTED_AT_MS = Date.parse('2026-06-01T00:00:00Z');

const { createObservations } = await import(ledgerModule('index'));
const { sqliteStore } = await import(ledgerModule('sqlite'));
const { rounds, asked, observations } = readSizes({ rounds: 10, asked: 200, observations: 10_000_000 });

printConditions(`${rounds} rounds`, `${MODELS} models, ${AGENTS} agents, ${withCommas(THREADS)} threads`);
await inTemporaryDirectory(async (directory) => {
  const short = await servedHistory(join(directory, 'short.db'), Math.min(SHORT_HISTORY, observations));
  const long = await servedHistory(join(directory, 'long.db'), observations);
  const sides = [
    ['GET /usage/models/unknown', long, '/usage/models/unknown'],
    [`GET /usage, ${withCommas(short.count)} calls`, short, '/usage'],
    [`GET /usage, ${withCommas(long.count)} calls`, long, '/usage'],
  ];
  const scenes = sides.map(
    ([, { server }, path]) =>
      () =>
        measured(() => server.ask(200, 'GET', path)),
  );
  const turns = await measureAsyncInRounds(scenes, { rounds, warmUpRounds: warmUpRounds(rounds) });
  for (const { server, count } of [short, long]) {
    const { usage } = JSON.parse(await server.ask(200, 'GET', '/usage'));
    if (usage.totals.requestCount !== count) throw new Error(`${usage.totals.requestCount} calls, not ${count}.`);
    await server.close();
  }
  const of = (index, field) => median(turns[index].map((turn) => turn[field]));
  printTable(
    ['', 'median, ms', 'p99, ms'],
    sides.map(([name], index) => [name, of(index, 'medianMs').toFixed(2), of(index, 'p99Ms').toFixed(2)]),
  );
  printGoal(`GET /usage after ${withCommas(long.count)} calls, ms`, of(2, 'medianMs'), { atMost: USAGE_AT_MOST_MS });
});

async function servedHistory(file, count) {
  const store = await sqliteStore({ file });
  const { observe } = createObservations({ store });
  for (let at = 0; at < count; at += BATCH) {
    await observe(Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => callAt(at + index)));
    if (at % (1000 * BATCH) === 0) tellProgress(`${withCommas(at)} of ${withCommas(count)} calls`);
  }
  await store.close();
  return { server: await budgetServe(file), count };
}

/** One after the other, as a program makes them. */
function callAt(number) {
  return {
    ...{ id: `call-${number}`, at: new Date(STARTED_AT_MS + number * EVERY_MS).toISOString(), application: 'bench' },
    ...{ task: `task-${number % 20}`, adapter: `adapter-${number % 5}`, provider: 'openai', phase: 'infer' },
    ...{ model: `openai/model-${number % MODELS}`, agentId: `agent-${number % AGENTS}` },
    ...{ threadId: `thread-${number % THREADS}`, promptTokens: 900 + (number % 200), completionTokens: 100 },
    ...{ cachedPromptTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    ...{ costNanoUsd: 250_000n, economicCostNanoUsd: 250_000n, costSource: 'rates', cacheHit: 'none' },
    ...{ latencyMs: 200 + ((number * 7919) % 3000), status: 'completed', attempt: 1 },
  };
}

async function measured(ask) {
  const times = [];
  for (let count = 0; count < asked; count += 1) {
    const beganAtMs = performance.now();
    await ask();
    times.push(performance.now() - beganAtMs);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { medianMs: median(times), p99Ms: sorted[Math.floor(times.length * 0.99)] };
}
