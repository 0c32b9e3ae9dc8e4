// Prices one call as soon as it can, and prints its price and cost in nano-USD.
//
//   node price-one-call.mjs <pricing.js>
import { pathToFileURL } from 'node:url';

const { bundledPrices, priceCall } = await import(pathToFileURL(process.argv[2]).href);
const tokens = {
  promptTokens: 1_000,
  completionTokens: 500,
  cachedPromptTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};
const call = { provider: 'openai', model: 'gpt-4o', tokens, atMs: Date.parse('2026-09-23T12:00:00Z') };
const { price, costNanoUsd } = priceCall(call, await bundledPrices());
console.log(`${price?.pricingId} ${costNanoUsd}`);
