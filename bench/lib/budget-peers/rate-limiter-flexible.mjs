import Sqlite from 'better-sqlite3';
import rateLimiters from 'rate-limiter-flexible';
import { call } from '../pretended-provider.mjs';

const { RateLimiterMemory, RateLimiterRes, RateLimiterSQLite } = rateLimiters;
const KEY = 'bench';
/** A point is a micro-dollar: points are whole numbers. */
const POINTS_PER_USD = 1_000_000;
const pointsOfCall = call.nanoUsd / 1000;

/** Points are consumed before the call; nothing is given back, as the call costs what was consumed. */
export const rateLimiterPeers = [
  rateLimiter('rate-limiter-flexible', { isShared: false }),
  rateLimiter('rate-limiter-flexible, SQLite', { isShared: true }),
];

function rateLimiter(name, { isShared }) {
  return {
    name,
    isShared,
    hasModels: false,
    isRefusal: (error) => error instanceof RateLimiterRes,
    async open({ file, budgetUsd, send }) {
      // A duration of 0 never resets.
      const options = { points: budgetUsd * POINTS_PER_USD, duration: 0 };
      const database = isShared ? new Sqlite(file) : undefined;
      const limiter = isShared ? await onSqlite(database, options) : new RateLimiterMemory(options);
      return {
        hold: () => limiter.consume(KEY, pointsOfCall),
        async call(model) {
          await limiter.consume(KEY, pointsOfCall);
          await send({ model });
        },
        spentUsd: async () => String(((await limiter.get(KEY))?.consumedPoints ?? 0) / POINTS_PER_USD),
        close: async () => database?.close(),
      };
    },
  };
}

function onSqlite(database, options) {
  database.pragma('journal_mode = WAL');
  return new Promise((resolve, reject) => {
    const limiter = new RateLimiterSQLite(
      { ...options, storeClient: database, storeType: 'better-sqlite3', tableName: 'budgets' },
      (error) => (error ? reject(error) : resolve(limiter)),
    );
  });
}
