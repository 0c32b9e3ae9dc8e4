import type { ModelRate } from './model-rate.js';

/** Rates by model, several tables laid over each other: the first that knows a model gives its price. */
export interface RateTable {
  /** `null` when no table knows the model: its cost is unknown, never zero. */
  find(provider: string, model: string): ModelRate | null;
}

export function rateTable(tablesInOrder: readonly (readonly ModelRate[])[]): RateTable {
  const byModel = tablesInOrder.map((rates) => new Map(rates.map((rate) => [rate.model.toLowerCase(), rate])));
  return {
    find(provider, model) {
      const ids = possibleIds(provider, model);
      for (const rates of byModel) {
        for (const id of ids) {
          const rate = rates.get(id);
          if (rate !== undefined) return rate;
        }
      }
      return null;
    },
  };
}

/** As providers date their models: `-20250514`, `-2024-08-06`, `@20250514`. */
const DATE = /[-@]20\d{2}(-?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])$/;

/**
 * A model may stand in a table as `provider/model`, as itself, or without the gateway in front; the provider's own
 * price goes first, for two providers may charge differently for one model. A dated release that has no price of its
 * own costs what the model costs. Nothing is guessed from a beginning that two names share: `o1-mini` is not `o1`.
 */
function possibleIds(provider: string, model: string): string[] {
  if (model === '') return [];
  const id = model.toLowerCase();
  const gateway = `${provider.toLowerCase()}/`;
  const exact = [`${gateway}${id}`, id, ...(id.startsWith(gateway) ? [id.slice(gateway.length)] : [])];
  return DATE.test(id) ? [...exact, ...exact.map((name) => name.replace(DATE, ''))] : exact;
}
