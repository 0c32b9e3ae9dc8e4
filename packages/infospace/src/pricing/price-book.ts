import type { Price } from './price.js';

/** Where prices are looked up. */
export interface PriceBook {
  /**
   * The price of a model at a time; `null` when none is known: the cost is then unknown, never zero.
   *
   * @param provider who was called, by any of its usual names; empty where nobody says, then the model alone decides
   * @param atMs the time of the call, in milliseconds since 1970: a past call keeps the price that held then
   */
  find(provider: string, model: string, atMs: number): Price | null;
  /**
   * The price of a model with exactly this version, whatever the time; `null` when it is not in the book. The rows of a
   * rate table share their version with each other, so the model is asked for too.
   */
  findVersion(priceVersion: string, provider: string, model: string): Price | null;
  /** Names that nearly match: for a message, never used in their place. At most 3. */
  suggest(provider: string, model: string): string[];
  /** The one version that a model may be priced by, where somebody has pinned it: for a message. */
  pinOf?(provider: string, model: string): string | null;
  /** Under which other name a model is looked up, where somebody has said so: for a message. */
  pricingIdOf?(provider: string, model: string): string | null;
}

/** Books laid over each other: the first that knows a model gives its price. */
export function layeredBook(books: readonly PriceBook[]): PriceBook {
  const first = <Found>(ask: (book: PriceBook) => Found | null): Found | null => {
    for (const book of books) {
      const found = ask(book);
      if (found !== null) return found;
    }
    return null;
  };
  return {
    find: (provider, model, atMs) => first((book) => book.find(provider, model, atMs)),
    findVersion: (...version) => first((book) => book.findVersion(...version)),
    suggest: (provider, model) => books.flatMap((book) => book.suggest(provider, model)).slice(0, 3),
    pinOf: (provider, model) => first((book) => book.pinOf?.(provider, model) ?? null),
    pricingIdOf: (provider, model) => first((book) => book.pricingIdOf?.(provider, model) ?? null),
  };
}
