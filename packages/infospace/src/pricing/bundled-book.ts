import { distance } from 'fastest-levenshtein';
import { type BundledHeader, type BundledProvider, type ModelIndex, modelIndex } from './bundled-models.js';
import { matchesRule, withoutRelease } from './name-rules.js';
import { charges, type Price } from './price.js';
import type { PriceBook } from './price-book.js';

export interface BundledBook extends PriceBook {
  /** Of the data that the prices are from, and when it was released: `0.1.8`, `2026-09-23`. */
  readonly version: string;
  readonly capturedAt: string;
  /** The id of the provider whose API a URL belongs to; `null` when none is known. */
  providerOfUrl(url: string): string | null;
  /** The id of the provider that a usual name means: `bedrock` is `aws`. `null` when none is known. */
  providerOfName(name: string): string | null;
  /** The id of the provider that makes models of such a name; `null` when none is known. */
  providerOfModel(model: string): string | null;
  /** Every price of one provider, or of all. */
  list(provider?: string): Price[];
}

/** The AI SDK names what it calls: `openai.responses`, `google.vertex.chat`. */
const AI_SDK_SUFFIX =
  /\.(?:vertex\.)?(?:chat|responses|completion|messages|embedding|image|speech|transcription|generative-ai)$/;

/** `llm.example.com`, `my-gemini.corp`, `localhost:11434`: a host may charge anything, whatever its name holds. */
const HOST = /:\d+$|\./;

/** `openai-compatible`, `local-openai-server`: a server that speaks as somebody does is not that somebody. */
const SOMEBODY_ELSE = /compat|proxy|local|self-?hosted|custom|^not-/;

/** Usual names that the data does not know, or takes for another's. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'azure-openai': 'azure',
  azure_openai: 'azure',
  azureopenai: 'azure',
  azure_ai: 'azure',
  togetherai: 'together',
  fireworks_ai: 'fireworks',
  'fireworks-ai': 'fireworks',
  x_ai: 'x-ai',
};

const BEDROCK_MODEL =
  /^(?:[a-z-]+\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|mistral|nvidia|openai|qwen|writer)\./;

/** Who makes models, of those whose prices are known. Others run the models of these. */
const MAKERS = ['openai', 'anthropic', 'google', 'mistral', 'cohere', 'deepseek', 'x-ai', 'moonshotai', 'voyageai'];

/** Services that pass a call on to the provider that the model's name begins with, at that provider's price. */
const GATEWAYS: ReadonlySet<string> = new Set(['openrouter', 'litellm', 'vercel', 'ai-gateway', 'helicone', 'portkey']);

/** A program calls few models of few providers, and one that invents names must not fill the memory. */
const MAX_REMEMBERED = 5_000;
const MAX_REMEMBERED_LENGTH = 200;

function remembering<Found>(find: (first: string, second: string) => Found): (first: string, second: string) => Found {
  const known = new Map<string, Map<string, Found>>();
  let count = 0;
  return (first, second) => {
    const remembered = known.get(first)?.get(second);
    if (remembered !== undefined) return remembered;
    const found = find(first, second);
    if (first.length + second.length > MAX_REMEMBERED_LENGTH) return found;
    if (count >= MAX_REMEMBERED) {
      known.clear();
      count = 0;
    }
    count++;
    known.set(first, (known.get(first) ?? new Map<string, Found>()).set(second, found));
    return found;
  };
}

/** @param text bundled-prices.jsonl. Only the lines of providers that are asked for are parsed. */
export function bundledBook(text: string): BundledBook {
  const lines = text.split('\n');
  const header = JSON.parse(lines[0] as string) as BundledHeader;
  const positions = new Map(header.providers.map(({ id }, position) => [id, position]));
  const indexes = new Map<string, ModelIndex>();
  const indexOf = (provider: BundledProvider): ModelIndex => {
    let index = indexes.get(provider.id);
    if (index === undefined) {
      const line = lines[(positions.get(provider.id) as number) + 1] as string;
      index = modelIndex(header, provider, JSON.parse(line).models);
      indexes.set(provider.id, index);
    }
    return index;
  };
  const providerById = (id: string): BundledProvider | undefined => {
    const position = positions.get(id);
    return position === undefined ? undefined : header.providers[position];
  };
  const providerNamed = (given: string): BundledProvider | undefined => {
    const name = given.replace(AI_SDK_SUFFIX, '');
    if (HOST.test(name) || SOMEBODY_ELSE.test(name)) return undefined;
    const isMeant = ({ provider_rule: rule }: BundledProvider) => rule !== undefined && matchesRule(rule, name);
    return providerById(OTHER_NAMES[name] ?? name) ?? header.providers.find(isMeant);
  };
  const providerOfModel = (name: string): BundledProvider | undefined =>
    header.providers.find(({ model_rule: rule }) => rule !== undefined && matchesRule(rule, name));

  const findIn = (provider: BundledProvider, name: string): readonly Price[] | null => {
    const index = indexOf(provider);
    const own = index.find(name) ?? firstOf(withoutRelease(name), index.findExact);
    if (own !== null) return own;
    const resold = (provider.fallback_providers ?? []).map(providerById).filter((each) => each !== undefined);
    return firstOf(resold, (each) => {
      const other = indexOf(each);
      return other.find(name) ?? firstOf(withoutRelease(name), other.findExact);
    });
  };

  /** `provider/model`: the name in front may be the provider's own or the one it stands for. */
  const findNamed = (providerName: string, model: string): readonly Price[] | null => {
    const provider = providerName === '' ? undefined : providerNamed(providerName);
    const slash = model.indexOf('/');
    const front = slash < 0 ? '' : model.slice(0, slash);
    const rest = model.slice(slash + 1);
    if (provider !== undefined) {
      const own = findIn(provider, model) ?? (providerNamed(front) === provider ? findIn(provider, rest) : null);
      if (own !== null) return own;
    }
    // Behind a gateway, what the model's own provider charges is the best that is known. Others that name a model with
    // its maker in front have prices of their own, so for them nothing is taken from the maker.
    if (front !== '' && (providerName === '' || GATEWAYS.has(providerName))) {
      if (GATEWAYS.has(front)) return findNamed(front, rest);
      const named = providerNamed(front);
      const found = named === undefined ? null : findIn(named, rest);
      // What a maker gives away for nothing, a gateway need not.
      return providerName !== '' && found?.some(charges) === false ? null : found;
    }
    if (providerName !== '') return null;
    const owner = providerOfModel(model);
    const own = owner === undefined ? null : findIn(owner, model);
    if (own !== null) return own;
    // `us.anthropic.claude-…` is how Bedrock names a model, whoever makes it.
    const bedrock = BEDROCK_MODEL.test(model) ? providerById('aws') : undefined;
    if (bedrock !== undefined) return findIn(bedrock, model);
    // Not every model of a maker has a name that tells (`text-embedding-3-small`).
    return firstOf(MAKERS, (id) => {
      const maker = providerById(id);
      return maker === undefined ? null : indexOf(maker).findExact(model);
    });
  };

  const pricesOf = remembering((provider, model) => {
    const name = model.trim().toLowerCase();
    return name === '' ? null : findNamed(provider.trim().toLowerCase(), name);
  });
  const suggestionsOf = remembering((providerName, model): string[] => {
    const name = model.trim().toLowerCase();
    if (name === '' || name.length > MAX_REMEMBERED_LENGTH) return [];
    const provider = providerNamed(providerName.trim().toLowerCase());
    const owner = provider ?? providerOfModel(name);
    if (owner === undefined) return [];
    // Somebody whose prices are not known may well run a model that its maker has a price for.
    if (provider === undefined && findIn(owner, name) !== null) return [`${owner.id} ${name}`];
    return nearest(name, indexOf(owner).ids).map((id) => `${owner.id} ${id}`);
  });
  return {
    version: header.version,
    capturedAt: header.captured_at,
    find(provider, model, atMs) {
      const prices = pricesOf(provider, model);
      if (prices === null) return null;
      return prices.length === 1 ? (prices[0] as Price) : priceAt(prices, atMs);
    },
    findVersion(priceVersion) {
      const [, id] = /^[^:]+:([^/]+)\//.exec(priceVersion) ?? [];
      const provider = id === undefined ? undefined : providerById(id);
      if (provider === undefined) return null;
      return (
        indexOf(provider)
          .prices()
          .find((price) => price.priceVersion === priceVersion) ?? null
      );
    },
    suggest: suggestionsOf,
    providerOfUrl: urlMatcher(header),
    providerOfName: (name) => providerNamed(name.trim().toLowerCase())?.id ?? null,
    providerOfModel: (model) => providerOfModel(model.trim().toLowerCase())?.id ?? null,
    list(id) {
      const providers = id === undefined ? header.providers : header.providers.filter((each) => each.id === id);
      return providers.flatMap((provider) => indexOf(provider).prices());
    },
  };
}

function firstOf<Item, Found>(items: readonly Item[], ask: (item: Item) => Found | null): Found | null {
  for (const item of items) {
    const found = ask(item);
    if (found !== null) return found;
  }
  return null;
}

/** Later entries go first, as the data has it: the last that holds at the time, else the first of all. */
function priceAt(prices: readonly Price[], atMs: number): Price | null {
  return prices.findLast((price) => holdsAt(price, atMs)) ?? prices[0] ?? null;
}

const DAY_MS = 86_400_000;

function holdsAt({ effectiveAt, daily }: Price, atMs: number): boolean {
  if (effectiveAt !== null) return atMs >= Date.parse(effectiveAt);
  if (daily === null) return true;
  const time = withinDay(atMs);
  const from = timeOfDayMs(daily.from);
  const to = timeOfDayMs(daily.to);
  return to < from ? time >= from || time < to : time >= from && time < to;
}

/** `00:30:00Z` */
function timeOfDayMs(text: string): number {
  return withinDay(Date.parse(`1970-01-01T${text}`));
}

function withinDay(timeMs: number): number {
  return ((timeMs % DAY_MS) + DAY_MS) % DAY_MS;
}

/** Hosts that the price data does not know by their URL. */
const MORE_HOSTS: readonly (readonly [RegExp, string])[] = [
  [/^https:\/\/bedrock(?:-[a-z]+)*\.[a-z0-9-]+\.(?:amazonaws\.com|api\.aws)(?:\/|$)/, 'aws'],
];

/** The patterns of the data are open at the end: `api.openai.com.evil.example` is somebody else. */
function matchesHost(pattern: RegExp, url: string): boolean {
  const found = pattern.exec(url)?.[0];
  return found !== undefined && !/[a-z0-9][a-z0-9.-]$/i.test(`${found.slice(-1)}${url.charAt(found.length)}`);
}

function urlMatcher(header: BundledHeader): (url: string) => string | null {
  let patterns: readonly (readonly [RegExp, string])[] | undefined;
  const known = remembering((_, url) => {
    patterns ??= [
      ...header.providers.map(({ id, url_pattern: pattern }) => [new RegExp(`^(?:${pattern})`), id] as const),
      ...MORE_HOSTS,
    ];
    return patterns.find(([pattern]) => matchesHost(pattern, url))?.[1] ?? null;
  });
  return (url) => known('', url);
}

const MAX_SUGGESTIONS = 3;

function nearest(name: string, ids: readonly string[]): string[] {
  return ids
    .map((id) => ({ id, apart: distance(name, id.toLowerCase()) }))
    .filter(({ id, apart }) => apart <= Math.max(2, Math.floor(Math.min(id.length, name.length) / 3)))
    .sort((a, b) => a.apart - b.apart)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ id }) => id);
}
