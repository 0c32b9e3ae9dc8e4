import type { DeclaredModel } from '../documents/settings-values.js';
import { withoutDate } from './name-rules.js';
import type { Price } from './price.js';
import type { PriceBook } from './price-book.js';
import { tablePrice } from './table-price.js';

/**
 * What `budget.yaml` says of models goes before every table: free models, and models whose price is looked up under
 * another name or in one version only.
 *
 * @param tables where everything else is looked up
 * @param providerOfName the one name of a provider that has several: `bedrock` is `aws`
 */
export function declaredBook(
  models: readonly DeclaredModel[],
  tables: PriceBook,
  providerOfName: (name: string) => string | null,
): PriceBook {
  if (models.length === 0) return tables;
  // Both names must be the declared ones: what one provider gives away another may charge for.
  const nameOf = (provider: string, model: string) =>
    JSON.stringify([providerOfName(provider) ?? provider.toLowerCase(), model.toLowerCase()]);
  const declared = new Map(models.map((model) => [nameOf(model.provider, model.model), model]));
  // A response names a dated release of the model that was declared and asked for.
  const entryOf = (provider: string, model: string) =>
    declared.get(nameOf(provider, model)) ?? declared.get(nameOf(provider, withoutDate(model)));
  return {
    ...tables,
    find(provider, model, atMs) {
      const entry = entryOf(provider, model);
      if (entry === undefined) return tables.find(provider, model, atMs);
      if (entry.free) return freePrice(model);
      // Who pins a version means that one: another would be a guess, so without it the price is unknown.
      if (entry.priceVersion !== null)
        return tables.findVersion(entry.priceVersion, provider, entry.pricingId ?? model);
      if (entry.pricingId === null) return tables.find(provider, model, atMs);
      return tables.find(provider, entry.pricingId, atMs) ?? tables.find('', entry.pricingId, atMs);
    },
    findVersion(priceVersion, provider, model) {
      const entry = entryOf(provider, model);
      if (entry?.free === true && priceVersion === freePrice(model).priceVersion) return freePrice(model);
      return tables.findVersion(priceVersion, provider, entry?.pricingId ?? model);
    },
    pinOf: (provider, model) => entryOf(provider, model)?.priceVersion ?? null,
    pricingIdOf: (provider, model) => entryOf(provider, model)?.pricingId ?? null,
  };
}

function freePrice(model: string): Price {
  return tablePrice({ model, source: 'settings', input: 0n, output: 0n });
}
