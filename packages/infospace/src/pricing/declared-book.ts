import type { DeclaredModel } from '../documents/settings-values.js';
import type { PriceBook } from './price-book.js';
import { tablePrice } from './table-price.js';

/**
 * What `budget.yaml` says of models goes before every table: free models, and models whose price is looked up under
 * another name or in one version only.
 *
 * @param tables where everything else is looked up
 */
export function declaredBook(models: readonly DeclaredModel[], tables: PriceBook): PriceBook {
  if (models.length === 0) return tables;
  const declared = new Map(models.map((model) => [declaredName(model.provider, model.model), model]));
  return {
    ...tables,
    find(provider, model, atMs) {
      const entry = declared.get(declaredName(provider, model));
      if (entry === undefined) return tables.find(provider, model, atMs);
      if (entry.free) return tablePrice({ model, source: 'settings', input: 0n, output: 0n });
      // Who pins a version means that one: another would be a guess, so without it the price is unknown.
      if (entry.priceVersion !== null) return tables.findVersion(entry.priceVersion, provider, model);
      if (entry.pricingId === null) return tables.find(provider, model, atMs);
      return tables.find(provider, entry.pricingId, atMs) ?? tables.find('', entry.pricingId, atMs);
    },
  };
}

/** Both names must be the declared ones: what one provider gives away another may charge for. */
function declaredName(provider: string, model: string): string {
  return JSON.stringify([provider.toLowerCase(), model.toLowerCase()]);
}
