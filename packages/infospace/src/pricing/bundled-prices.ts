import type { BundledBook } from './bundled-book.js';

let loaded: Promise<BundledBook> | undefined;

/** The prices that come with this package. Loaded when they are first asked for, and once. */
export function bundledPrices(): Promise<BundledBook> {
  loaded ??= Promise.all([import('./bundled-book.js'), import('./bundled-prices.jsonl')]).then(
    ([{ bundledBook }, { default: text }]) => bundledBook(text),
  );
  return loaded;
}
