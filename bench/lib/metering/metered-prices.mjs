import { pathToFileURL } from 'node:url';
import { loadLibrary, pricingModule } from '../built.mjs';

/** The prices of the library in the form in which a meter asks, as the command line puts them together. */
export async function meteredPrices() {
  const [{ pricesIn }, { costOfReading, estimateRequest, modelInPath }] = await Promise.all([
    loadLibrary(),
    import(pathToFileURL(pricingModule()).href),
  ]);
  const { book, bundled, declaredModel } = await pricesIn({});
  return {
    bounds({ provider, path, body }, { maxOutputTokens } = {}) {
      const model = (body?.model ?? modelInPath(path)).replace(/^models\//, '');
      const declared = declaredModel(provider, model)?.maxOutputTokens ?? null;
      const options = { provider, model, atMs: Date.now(), maxOutputTokens: declared, answerTokens: maxOutputTokens };
      return estimateRequest(body, options, book);
    },
    price({ provider, host, path, requestModel, reading, atMs }) {
      return costOfReading({ host, path, requestModel, reading }, { prices: book, providers: bundled, provider, atMs });
    },
  };
}
