import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NOW_MS, type PeerModel, peerModels, thresholdsOf, tokenUsage } from '../testing/peer-prices.js';
import { type Multipliers, oracleCost, pricesAt, roundedToNano } from '../testing/price-oracle.js';
import { bundledPrices } from './bundled-prices.js';
import { priceCall } from './price-call.js';

const book = await bundledPrices();
const models = await peerModels();

type Given = string | Readonly<Partial<Record<'input' | 'cached_input' | 'output', string>>>;
type Tiers = Readonly<Record<string, Given>>;

const facts = parse(readFileSync(new URL('../../scripts/model-facts.yaml', import.meta.url), 'utf8')) as {
  service_tiers: Readonly<Record<string, Tiers & { models?: Readonly<Record<string, Tiers>> }>>;
};

/** As the head of the file says: a number holds for all parts, and a part that a map does not name keeps its price. */
function multipliers(given: Given): Multipliers {
  if (typeof given === 'string') return { input: given, cachedInput: given, output: given };
  return { input: given.input ?? '1', cachedInput: given.cached_input ?? '1', output: given.output ?? '1' };
}

interface Case {
  readonly model: PeerModel;
  readonly tier: string;
  readonly given: Given;
}

const cases: Case[] = models.flatMap((model) => {
  const { source_url: _, captured_at: __, models: own = {}, ...ofAll } = facts.service_tiers[model.provider] ?? {};
  const price = book.find(model.provider, model.model.id, NOW_MS);
  if (price?.prices.input === undefined && price?.prices.output === undefined) return [];
  const tiers = { ...ofAll, ...own[model.model.id] } as Tiers;
  return Object.entries(tiers).map(([tier, given]) => ({ model, tier, given }));
});

const cached = { cachedPromptTokens: 3_001, cacheWriteTokens: 1_009, cacheWrite1hTokens: 307, reasoningTokens: 211 };
const calls = (model: PeerModel, isCached: boolean) =>
  [10_007, ...thresholdsOf(model).flatMap((start) => [start, start + 1])].map((size) =>
    tokenUsage(size, 1_201, isCached ? { ...cached, webSearches: 2 } : { reasoningTokens: 211 }),
  );

function wrong({ model, tier, given }: Case, isCached: boolean): string[] {
  return calls(model, isCached).flatMap((tokens) => {
    const {
      provider,
      model: { id },
    } = model;
    const ours = priceCall({ provider, model: id, tokens, atMs: NOW_MS, serviceTier: tier }, book);
    const exact = oracleCost(pricesAt(model, NOW_MS), tokens, multipliers(given));
    const expected = roundedToNano(exact);
    return ours.costNanoUsd === expected ? [] : [`${provider} ${id} ${tier}: ${ours.costNanoUsd}, not ${expected}`];
  });
}

/** A map that says nothing of cached tokens. */
const isSilentOnCaches = ({ given }: Case) => typeof given !== 'string' && given.cached_input === undefined;

describe('a service tier', () => {
  it('multiplies each part of each model as model-facts.yaml says, also above a threshold (litellm #39861)', () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(cases.filter((each) => !isSilentOnCaches(each)).flatMap((each) => wrong(each, true))).toEqual([]);
    expect(cases.flatMap((each) => wrong(each, false))).toEqual([]);
  });

  // A fault that is known: cached tokens get the multiplier of the plain ones, where the file's own head says that a part
  // which is not named keeps its price. A batch of gemini-3-pro-preview is charged half of what its cached tokens cost.
  it('leaves the price of cached tokens where model-facts.yaml names plain ones and completions alone', () => {
    expect(cases.filter(isSilentOnCaches).length).toBeGreaterThan(5);
    expect(cases.filter(isSilentOnCaches).flatMap((each) => wrong(each, true))).toEqual([]);
  });

  const tokens = tokenUsage(1_000, 100);
  const costOf = (provider: string, model: string, serviceTier: string | null) =>
    priceCall({ provider, model, tokens, atMs: NOW_MS, serviceTier }, book);

  it.each(['', 'default', 'standard', 'auto', 'on_demand', 'on-demand', null])(
    'that is the usual one changes nothing: %j',
    (tier) => {
      expect(costOf('openai', 'gpt-6-sol', tier).costNanoUsd).toBe(3_000_000n);
    },
  );

  it.each([
    ['openai', 'gpt-5.4-nano', 'priority'],
    ['openai', 'gpt-4-turbo', 'flex'],
    ['google', 'gemini-2.5-pro', 'scale'],
    ['groq', 'llama-3.3-70b-versatile', 'performance'],
    ['deepseek', 'deepseek-chat', 'batch'],
    ['openai', 'gpt-6-sol', '__proto__'],
  ])('of which nobody says the price leaves the call without one: %s %s %s', (provider, model, tier) => {
    expect(costOf(provider, model, tier)).toMatchObject({ costNanoUsd: null, unpriced: 'service_tier' });
    expect(costOf(provider, model, null).unpriced).toBeNull();
  });

  it('and another one that holds at once are both applied', () => {
    const usual = costOf('anthropic', 'claude-opus-5', null).costNanoUsd ?? 0n;
    expect(costOf('anthropic', 'claude-opus-5', 'batch+inference_geo_us').costNanoUsd).toBe((usual * 11n) / 20n);
    expect(costOf('anthropic', 'claude-opus-5', 'inference_geo_us').costNanoUsd).toBe((usual * 11n) / 10n);
    expect(costOf('anthropic', 'claude-opus-5', 'nonsense+inference_geo_us').unpriced).toBe('service_tier');
    expect(costOf('anthropic', 'claude-opus-4-5', 'inference_geo_us').unpriced).toBeNull();
  });
});
