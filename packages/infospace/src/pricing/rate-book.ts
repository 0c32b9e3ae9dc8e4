import { withoutDate } from './name-rules.js';
import type { Price } from './price.js';
import type { PriceBook } from './price-book.js';

/**
 * The rows of a `model-rates.yaml`: they hold at any time, for any provider unless the row names one.
 *
 * @param providerOfName the one name of a provider that has several: a row of `bedrock/…` holds for `aws` too
 */
export function rateBook(rows: readonly Price[], providerOfName: (name: string) => string | null): PriceBook {
  const canonical = (id: string): string => {
    const slash = id.indexOf('/');
    return slash < 0 ? id : `${providerOfName(id.slice(0, slash)) ?? id.slice(0, slash)}${id.slice(slash)}`;
  };
  const byModel = new Map<string, Price>();
  for (const row of rows) byModel.set(canonical(row.pricingId.toLowerCase()), row);
  // As the table has it goes before what a name means.
  for (const row of rows) byModel.set(row.pricingId.toLowerCase(), row);
  const find = (provider: string, model: string): Price | null => {
    for (const id of possibleIds(provider, model)) {
      const row = byModel.get(id) ?? byModel.get(canonical(id));
      if (row !== undefined) return row;
    }
    return null;
  };
  return {
    find,
    findVersion(priceVersion, provider, model) {
      const row = find(provider, model);
      return row?.priceVersion === priceVersion ? row : null;
    },
    suggest: () => [],
  };
}

/**
 * A model may stand in a table as `provider/model`, as itself, or without the gateway or maker in front; the provider's
 * own price goes first, for two providers may charge differently for one model. A dated release that has no price of its
 * own costs what the model costs. Nothing is guessed from a beginning that two names share: `o1-mini` is not `o1`.
 */
function possibleIds(provider: string, model: string): string[] {
  if (model === '') return [];
  const id = model.toLowerCase();
  const gateway = `${provider.toLowerCase()}/`;
  const withoutGateway = id.startsWith(gateway) ? id.slice(gateway.length) : id;
  const exact = [...new Set([`${gateway}${id}`, id, withoutGateway, withoutGateway.replace(/^[^/]+\//, '')])];
  const undated = exact.map(withoutDate);
  return undated[0] === exact[0] ? exact : [...exact, ...undated];
}
