// From the price data of @pydantic/genai-prices to the text of bundled-prices.jsonl: a header line, then one line for
// each provider, so that a price is found by parsing one provider's line alone. Keys are those of a price catalog.

/** Their keys of prices, ours. A key that is in neither table ends the script: somebody must decide what it is. */
const KEYS = {
  input_mtok: 'input_per_1m',
  cache_read_mtok: 'cached_input_per_1m',
  cache_write_mtok: 'cache_write_per_1m',
  cache_write_1h_mtok: 'cache_write_1h_per_1m',
  output_mtok: 'output_per_1m',
  output_reasoning_mtok: 'reasoning_per_1m',
  output_citation_mtok: 'citation_per_1m',
  input_audio_mtok: 'audio_input_per_1m',
  cache_audio_read_mtok: 'cached_audio_input_per_1m',
  output_audio_mtok: 'audio_output_per_1m',
  input_image_mtok: 'image_input_per_1m',
  cache_image_read_mtok: 'cached_image_input_per_1m',
  output_image_mtok: 'image_output_per_1m',
  input_video_mtok: 'video_input_per_1m',
  output_video_mtok: 'video_output_per_1m',
  requests_kcount: 'requests_per_1k',
  web_searches_kcount: 'web_searches_per_1k',
};

/** What no usage that we read counts. A price of these alone prices no call. */
const UNMETERED = {
  audio_hours: 'hours of audio',
  input_audio_hours: 'hours of audio',
  input_document_kpages: 'pages',
  input_annotated_document_kpages: 'annotated pages',
  storage_searches_kcount: 'searches of files',
  input_text_messages_kcount: 'messages',
};

/**
 * Their data has no price for a model that is free and none for one whose price is not known. Free is what the name
 * says (`:free`), or what their own remarks or the provider's page say of these.
 */
const FREE = {
  'github-copilot': ['gpt-3.5-turbo', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini'],
  google: ['gemma-3', 'gemma-3n', 'gemma-4-26b-a4b-it', 'gemma-4-31b-it'],
  openai: ['moderation'],
};

/** Names that the data leaves to a rule which is open at the end, for versions that share their price. */
const MORE_ALIASES = {
  anthropic: { 'claude-2': ['claude-2.0', 'claude-2.1'] },
  mistral: { 'mixtral-8x7b': ['mixtral-8x7b-instruct'] },
};

/** @returns the text of the file, the same for the same input. */
export function bundledPrices({ providers, version, capturedAt, facts }) {
  const header = {
    source: 'genai-prices',
    package: '@pydantic/genai-prices',
    license: 'MIT',
    version,
    captured_at: capturedAt,
    providers: providers.map((provider) =>
      withoutEmpty({
        id: provider.id,
        name: provider.name,
        url_pattern: provider.api_pattern,
        provider_rule: provider.provider_match,
        model_rule: provider.model_match,
        fallback_providers: provider.fallback_model_providers,
        source_url: provider.pricing_urls?.[0],
      }),
    ),
  };
  const lines = providers.map((provider) => ({
    provider: provider.id,
    models: provider.models.map((model) => modelLine(provider.id, model, facts)),
  }));
  checkFacts(providers, facts);
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function modelLine(provider, model, facts) {
  const rules = model.match.or ?? [model.match];
  const tiers = facts.service_tiers?.[provider];
  const { source_url: _, captured_at: __, models: tiersOfModels = {}, ...tiersOfAll } = tiers ?? {};
  return withoutEmpty({
    id: model.id,
    aliases: [
      ...rules.flatMap((rule) => (rule.equals !== undefined && rule.equals !== model.id ? [rule.equals] : [])),
      ...(MORE_ALIASES[provider]?.[model.id] ?? []),
    ],
    rules: rules.filter((rule) => rule.equals === undefined),
    context_window: model.context_window,
    max_output_tokens: facts.max_output_tokens?.[provider]?.models[model.id],
    service_tiers: withSynonyms(provider, { ...tiersOfAll, ...tiersOfModels[model.id] }),
    prices: pricesOf(provider, model),
  });
}

/** Since 2026-07-30 OpenAI calls its priority tier fast too: https://openai.com/api-fast-mode */
function withSynonyms(provider, tiers) {
  return provider === 'openai' && tiers.priority !== undefined ? { ...tiers, fast: tiers.priority } : tiers;
}

function pricesOf(provider, model) {
  const given = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const isFree = model.id.endsWith(':free') || FREE[provider]?.includes(model.id);
  return given.flatMap(({ constraint, prices }) => {
    if (Object.keys(prices).length > 0) return [{ ...validity(constraint), ...entry(prices) }];
    return isFree ? [{ ...validity(constraint), input_per_1m: '0', output_per_1m: '0' }] : [];
  });
}

function validity(constraint) {
  if (constraint === undefined) return {};
  if (constraint.type === 'start_date') return { effective_at: constraint.start_date };
  if (constraint.type === 'time_of_date') return { daily: [constraint.start_time, constraint.end_time] };
  throw new Error(`A validity that is not known: ${JSON.stringify(constraint)}`);
}

function entry(prices) {
  const base = {};
  const unmetered = new Set();
  const tiers = new Map();
  for (const [key, value] of Object.entries(prices)) {
    if (Object.hasOwn(UNMETERED, key)) {
      unmetered.add(UNMETERED[key]);
      continue;
    }
    const name = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (name === undefined) throw new Error(`A price that is not known: ${key}. Add it to this script.`);
    base[name] = decimal(typeof value === 'number' ? value : value.base);
    for (const { start, price } of value.tiers ?? []) {
      tiers.set(start, { ...tiers.get(start), [name]: decimal(price) });
    }
  }
  return withoutEmpty({
    ...base,
    tiers: [...tiers].sort(([a], [b]) => a - b).map(([start, tier]) => ({ ...threshold(start), ...tier })),
    not_metered: [...unmetered],
  });
}

/** Their tier begins above `start`. Where a vendor says "from 272,000 on" they write 271,999; we write the vendor's. */
function threshold(start) {
  return start % 1000 === 999 ? { input_tokens: start + 1, compare: '>=' } : { input_tokens: start, compare: '>' };
}

/** The shortest text that reads back to the same number, in plain notation. */
function decimal(number) {
  const text = String(number);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`A price in another notation: ${text}`);
  return text;
}

function withoutEmpty(object) {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => {
      if (value === undefined || value === null) return false;
      return typeof value !== 'object' || Object.keys(value).length > 0;
    }),
  );
}

/** Whoever writes the facts may slip, and a slip here would be a wrong price that nobody sees. */
function checkFacts(providers, facts) {
  const ids = new Map(providers.map(({ id, models }) => [id, new Set(models.map((model) => model.id))]));
  const tables = [...Object.entries(facts.max_output_tokens ?? {}), ...Object.entries(facts.service_tiers ?? {})];
  for (const [provider, { models }] of tables) {
    if (!ids.has(provider)) throw new Error(`model-facts.yaml: there is no provider ${provider}.`);
    for (const model of Object.keys(models ?? {})) {
      if (!ids.get(provider).has(model)) throw new Error(`model-facts.yaml: ${provider} has no model ${model}.`);
    }
  }
  for (const [provider, tiers] of Object.entries(facts.service_tiers ?? {})) {
    const { source_url: _, captured_at: __, models = {}, ...tiersOfAll } = tiers;
    for (const factors of [tiersOfAll, ...Object.values(models)]) {
      for (const [tier, factor] of Object.entries(factors)) checkFactor(`${provider} ${tier}`, factor);
    }
  }
}

const FACTOR_PARTS = ['input', 'cached_input', 'output'];

function checkFactor(name, factor) {
  const parts = typeof factor === 'object' && factor !== null ? Object.entries(factor) : [['input', factor]];
  for (const [part, value] of parts) {
    if (!FACTOR_PARTS.includes(part)) throw new Error(`model-facts.yaml: ${name}: there is no part ${part}.`);
    if (typeof value !== 'string' || !/^\d+(\.\d{1,6})?$/.test(value)) {
      throw new Error(`model-facts.yaml: ${name}: a factor is decimal text like "0.5", not ${JSON.stringify(value)}.`);
    }
  }
}
