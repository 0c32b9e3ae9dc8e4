import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pricingModule, repository } from './built.mjs';

const requireAsLibrary = createRequire(join(repository, 'packages', 'infospace', 'package.json'));

/** Models that people call, of six providers; the last one changes its price with the time of the call. */
const MODELS = [
  ['openai', 'gpt-5.4'],
  ['openai', 'gpt-4o-mini-2024-07-18'],
  ['anthropic', 'claude-sonnet-4-5-20250929'],
  ['google', 'gemini-2.5-pro'],
  ['aws', 'us.anthropic.claude-opus-4-5-20251101-v1:0'],
  ['openrouter', 'anthropic/claude-sonnet-4'],
  ['deepseek', 'deepseek-chat'],
  ['openai', 'o3'],
];

const AT_MS = Date.parse('2026-09-23T12:00:00Z');
const DIFFERENT_CALLS = 1024;

/** Calls of different sizes, the same in every run; with a cache, and some with a prompt in the tier above. */
const calls = Array.from({ length: DIFFERENT_CALLS }, (_, index) => {
  const [provider, model] = MODELS[index % MODELS.length];
  const prompt = index % 64 === 0 ? 280_000 : 500 + ((index * 7919) % 20_000);
  const cached = Math.floor((prompt * (index % 4)) / 5);
  return { provider, model, prompt, cached, completion: 50 + ((index * 104_729) % 3_000) };
});

/** `{ name, priceAll(count) }`, which prices so many calls and says how many had a price and their sum. */
export async function loadPricing() {
  const { bundledPrices, priceCall } = await import(pathToFileURL(pricingModule()).href);
  const book = await bundledPrices();
  const ours = calls.map(({ provider, model, prompt, cached, completion }) => ({
    provider,
    model,
    tokens: {
      promptTokens: prompt,
      completionTokens: completion,
      cachedPromptTokens: cached,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
    },
    atMs: AT_MS,
  }));
  return {
    name: 'priceCall',
    priceAll(count) {
      let priced = 0;
      let totalNano = 0n;
      for (let index = 0; index < count; index += 1) {
        const { costNanoUsd } = priceCall(ours[index % DIFFERENT_CALLS], book);
        if (costNanoUsd === null) continue;
        priced += 1;
        totalNano += costNanoUsd;
      }
      return { priced, totalUsd: Number(totalNano) / 1e9 };
    },
  };
}

/** As `loadPricing`, of the package that the price data is from. */
export async function loadPeer() {
  const { calcPrice } = await import(pathToFileURL(requireAsLibrary.resolve('@pydantic/genai-prices')).href);
  const timestamp = new Date(AT_MS);
  const theirs = calls.map(({ provider, model, prompt, cached, completion }) => ({
    usage: { input_tokens: prompt, output_tokens: completion, cache_read_tokens: cached },
    model,
    options: { providerId: provider, timestamp },
  }));
  return {
    name: 'calcPrice',
    priceAll(count) {
      let priced = 0;
      let totalUsd = 0;
      for (let index = 0; index < count; index += 1) {
        const { usage, model, options } = theirs[index % DIFFERENT_CALLS];
        const price = calcPrice(usage, model, options);
        if (price === null) continue;
        priced += 1;
        totalUsd += price.total_price;
      }
      return { priced, totalUsd };
    },
  };
}
