import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type BundledPricesInput, bundledPrices } from '../../scripts/lib/bundled-prices.mjs';
import { peerProviders } from '../testing/peer-prices.js';
import type { BundledHeader } from './bundled-models.js';
import text from './bundled-prices.jsonl';

const beside = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const header = JSON.parse(text.slice(0, text.indexOf('\n'))) as BundledHeader;
const providers = await peerProviders();
const facts = parse(beside('../../scripts/model-facts.yaml'));
const { devDependencies } = JSON.parse(beside('../../package.json')) as { devDependencies: Record<string, string> };
const version = devDependencies['@pydantic/genai-prices'] ?? '';

const generate = (input: Partial<BundledPricesInput> = {}): string =>
  bundledPrices({ providers, version, capturedAt: header.captured_at, facts, ...input });

/** The package's data with one more model of one provider. */
function withModel(model: object): typeof providers {
  const made = { id: 'made-up', match: { equals: 'made-up' }, prices: { input_mtok: 1 }, ...model };
  return providers.map((each) => (each.id === 'openai' ? { ...each, models: [...each.models, made] } : each));
}

const lineOf = (generated: string, id: string) => {
  const line = generated.split('\n').find((each) => each.startsWith(`{"provider":"${id}"`));
  return JSON.parse(line ?? '{}') as { models: { id: string; prices?: unknown; service_tiers?: unknown }[] };
};

const made = (model: object) => lineOf(generate({ providers: withModel(model) }), 'openai').models.at(-1);

describe('bundled-prices.jsonl', () => {
  it('is what the script gives for the installed package and model-facts.yaml', () => {
    expect(header.version).toBe(version);
    expect(header.captured_at).toMatch(/^20\d{2}-\d{2}-\d{2}$/);
    // Not toBe: a difference in 400,000 bytes would be printed as a whole.
    expect(generate() === text, 'node packages/infospace/scripts/generate-bundled-prices.mjs makes it anew').toBe(true);
  });

  it('has each provider and each model once, in one order', () => {
    expect(header.providers.map(({ id }) => id)).toEqual(providers.map(({ id }) => id));
    for (const { id, models } of providers) {
      expect(lineOf(text, id).models.map((model) => model.id)).toEqual(models.map((model) => model.id));
      expect(new Set(models.map((model) => model.id.toLowerCase())).size).toBe(models.length);
    }
  });
});

describe('the script that makes it', () => {
  it.each(['input_smell_mtok', 'fine_tuning_mtok', 'INPUT_MTOK', 'input_mtok '])(
    'ends at a price that nobody has decided about: %s',
    (key) => {
      const prices = JSON.parse(`{"input_mtok":1,"${key}":2}`);
      expect(() => generate({ providers: withModel({ prices }) })).toThrow(key);
    },
  );

  it('ends at a validity that nobody has decided about', () => {
    const prices = [{ prices: { input_mtok: 1 }, constraint: { type: 'moon_phase' } }];
    expect(() => generate({ providers: withModel({ prices }) })).toThrow('moon_phase');
  });

  it.each([1e-7, 1e21, -1, Number.NaN])('ends at a price that is no plain decimal: %d', (input_mtok) => {
    expect(() => generate({ providers: withModel({ prices: { input_mtok } }) })).toThrow('notation');
  });

  it.each([
    ['max_output_tokens', { openai: { models: { 'gpt-99': 1_000 } } }, 'gpt-99'],
    ['service_tiers', { openai: { models: { 'gpt-99': { batch: '0.5' } } } }, 'gpt-99'],
    ['service_tiers', { nobody: { models: { 'gpt-4o': { batch: '0.5' } } } }, 'nobody'],
  ])('ends at a model in model-facts.yaml that the data does not have: %s', (table, added, name) => {
    expect(() => generate({ facts: { ...facts, [table]: added } })).toThrow(name);
  });

  it.each([
    ['a provider without models', { opnai: { batch: '0.5' } }],
    ['a part', { openai: { models: { 'gpt-4o': { batch: { inptu: '0.5', output: '0.5' } } } } }],
    ['a number as YAML makes it', { openai: { models: { 'gpt-4o': { batch: 0.5 } } } }],
    ['a number with a comma', { openai: { models: { 'gpt-4o': { batch: '0,5' } } } }],
  ])('ends at a service tier that cannot be meant: %s', (_, service_tiers) => {
    expect(() => generate({ facts: { ...facts, service_tiers } })).toThrow();
  });

  it("writes the vendor's own comparison: from 272,000 on, or above 272,000", () => {
    const tiered = (start: number) => ({ input_mtok: { base: 1, tiers: [{ start, price: 2.5 }] } });
    expect(made({ prices: tiered(271_999) })?.prices).toEqual([
      { input_per_1m: '1', tiers: [{ input_tokens: 272_000, compare: '>=', input_per_1m: '2.5' }] },
    ]);
    expect(made({ prices: tiered(272_000) })?.prices).toEqual([
      { input_per_1m: '1', tiers: [{ input_tokens: 272_000, compare: '>', input_per_1m: '2.5' }] },
    ]);
  });

  it('gives no price to a model without one, unless its name says that it is free (litellm #35913)', () => {
    expect(made({ prices: {} })).not.toHaveProperty('prices');
    expect(made({ id: 'made-up:free', prices: {} })?.prices).toEqual([{ input_per_1m: '0', output_per_1m: '0' }]);
  });

  it('keeps a price by the hour as what no usage counts', () => {
    expect(made({ prices: { audio_hours: 0.3 } })?.prices).toEqual([{ not_metered: ['hours of audio'] }]);
  });

  it("adds a provider's service tiers to each of its models, and a model's own before them", () => {
    const service_tiers = {
      openai: { source_url: 'x', captured_at: 'y', batch: '0.5', flex: '0.5', models: { 'gpt-4o': { flex: '0.7' } } },
    };
    const models = lineOf(generate({ facts: { service_tiers } }), 'openai').models;
    const tiersOf = (id: string) => models.find((model) => model.id === id)?.service_tiers;
    expect(tiersOf('gpt-4o')).toEqual({ batch: '0.5', flex: '0.7' });
    expect(tiersOf('o3')).toEqual({ batch: '0.5', flex: '0.5' });
  });
});
