import Sqlite from 'better-sqlite3';
import { Budget, BudgetExceededError, MemoryStore, SqlStore, sqlStoreSchema } from 'llm-budget';
import { call } from '../pretended-provider.mjs';

const WHO = 'bench';
const prices = { [call.model]: { input: call.usdPerMillionTokens, output: call.usdPerMillionTokens } };
const estimate = (model) => ({ model, inputTokens: call.promptTokens, outputTokens: call.completionTokens });

/** Its `guard`, without and with `reserve`; in memory, and with its store for SQL. */
export const llmBudgetPeers = [
  llmBudget('llm-budget guard', { isReserving: false, isShared: false }),
  llmBudget('llm-budget guard, SQL', { isReserving: false, isShared: true }),
  llmBudget('llm-budget reserve', { isReserving: true, isShared: false }),
  llmBudget('llm-budget reserve, SQL', { isReserving: true, isShared: true }),
];

function llmBudget(name, { isReserving, isShared }) {
  return {
    name,
    isShared,
    hasModels: true,
    isRefusal: (error) => error instanceof BudgetExceededError,
    async open({ file, budgetUsd, send }) {
      const database = isShared ? openDatabase(file) : undefined;
      const store = isShared ? new SqlStore(queryOf(database)) : new MemoryStore();
      const budget = new Budget({ store, limits: { usd: budgetUsd, window: 'month' }, prices });
      return {
        ...(isReserving && { hold: () => budget.reserve(WHO, estimate(call.model)) }),
        call: (model) => budget.guard(WHO, () => send({ model }), isReserving ? { reserve: estimate(model) } : {}),
        spentUsd: async () => String((await budget.summary(WHO)).usd.used),
        close: async () => database?.close(),
      };
    },
  };
}

function openDatabase(file) {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.exec(sqlStoreSchema());
  return database;
}

/** Its statements are PostgreSQL's, and SQLite takes them as they are; only parameters are bound by name. */
function queryOf(database) {
  return async (sql, parameters) => {
    const named = Object.fromEntries(parameters.map((value, index) => [String(index + 1), value]));
    return { rows: database.prepare(sql).all(named) };
  };
}
