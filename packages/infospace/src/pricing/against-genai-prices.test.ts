import { describe, expect, it } from 'vitest';
import {
  agrees,
  momentsOf,
  NOW_MS,
  type Parts,
  type PeerModel,
  type PeerUsage,
  peerCost,
  peerModels,
  peerUsage,
  textsOf,
  thresholdsOf,
  tokenUsage,
} from '../testing/peer-prices.js';
import { bundledPrices } from './bundled-prices.js';
import { type CallCost, priceCall } from './price-call.js';

const book = await bundledPrices();
const models = await peerModels();

const PLAIN_PROMPT = 10_007;
const COMPLETION = 1_201;

const shapes: Readonly<Record<string, Parts>> = {
  plain: {},
  cached: { cachedPromptTokens: 3_001 },
  'written to the cache': { cacheWriteTokens: 2_003 },
  'written for an hour': { cacheWriteTokens: 1_009, cacheWrite1hTokens: 1_009 },
  'written for both, and read': { cacheWriteTokens: 2_003, cacheWrite1hTokens: 701, cachedPromptTokens: 307 },
  audio: { audioPromptTokens: 1_511, audioCompletionTokens: 211 },
  'cached audio': { audioPromptTokens: 1_511, cachedAudioTokens: 499, cachedPromptTokens: 907 },
  image: { imagePromptTokens: 1_301, imageCompletionTokens: 223 },
  'cached image': { imagePromptTokens: 1_301, cachedImageTokens: 401, cachedPromptTokens: 503 },
  video: { videoPromptTokens: 1_703, videoCompletionTokens: 227 },
  reasoning: { reasoningTokens: 601 },
  citations: { citationTokens: 109 },
  'web searches': { webSearches: 3 },
  'all together': {
    ...{ cachedPromptTokens: 2_503, cacheWriteTokens: 1_103, cacheWrite1hTokens: 401, reasoningTokens: 307 },
    ...{ audioPromptTokens: 811, cachedAudioTokens: 211, audioCompletionTokens: 101 },
    ...{ imagePromptTokens: 709, cachedImageTokens: 199, imageCompletionTokens: 103 },
    ...{ videoPromptTokens: 307, videoCompletionTokens: 107, citationTokens: 53, webSearches: 2 },
  },
};

function usagesOf(model: PeerModel): PeerUsage[] {
  const sizes = [PLAIN_PROMPT, ...thresholdsOf(model).flatMap((start) => [start - 1, start, start + 1, start + 2])];
  return sizes.flatMap((size) =>
    Object.entries(shapes).map(([name, parts]) => {
      const tokens = tokenUsage(size, COMPLETION, parts);
      return { name: `${name}, ${size} tokens`, tokens, usage: peerUsage(tokens) };
    }),
  );
}

/** `same`, or in which way they differ. A difference that is not one of those below is told with its figures. */
function compare(theirs: number | null, ours: CallCost, what: string): string {
  const { costNanoUsd, unpriced } = ours;
  if (agrees(costNanoUsd, theirs)) return 'same';
  if (theirs === null && costNanoUsd !== null) return 'ours alone knows the id';
  if (theirs === 0 && costNanoUsd === null && unpriced !== null) return `theirs is 0, ours is unknown: ${unpriced}`;
  return `${what}: theirs is ${theirs}, ours ${costNanoUsd} (${unpriced ?? ours.price?.priceVersion})`;
}

let compared = 0;

/** Which names of which provider differ, by how. What differs in some calls and not in others is told so. */
function differences(namesOf: (model: PeerModel) => readonly string[]): Record<string, Record<string, string[]>> {
  const found: Record<string, Record<string, string[]>> = {};
  for (const model of models) {
    const usages = usagesOf(model);
    const moments = momentsOf(model);
    for (const name of new Set(namesOf(model))) {
      const how = [...howTheyDiffer(model.provider, name, moments, usages)].sort().join(' or ');
      if (how === 'same') continue;
      found[how] ??= {};
      found[how][model.provider] = [...(found[how][model.provider] ?? []), name].sort();
    }
  }
  return found;
}

function howTheyDiffer(
  provider: string,
  model: string,
  moments: readonly number[],
  usages: readonly PeerUsage[],
): Set<string> {
  const ways = new Set<string>();
  for (const atMs of moments) {
    for (const { name: shape, tokens, usage } of usages) {
      compared++;
      const theirs = peerCost(provider, model, usage, atMs);
      const ours = priceCall({ provider, model, tokens, atMs }, book);
      ways.add(compare(theirs, ours, `${shape}, at ${new Date(atMs).toISOString()}`));
    }
  }
  return ways;
}

const words = (text: string): string[] => text.trim().split(/\s+/).sort();

/** All that differs. Each is one of three kinds, and of each kind ours is right. */
const expected: Record<string, Record<string, string[]>> = {
  // The data lists these models under ids that none of its rules takes in: theirs finds a price only under the names
  // that the rules want, such as `accounts/fireworks/models/…` or `eu.anthropic.…`. Ours knows each id as well.
  'ours alone knows the id': {
    aws: words(`
      regional.amazon.nova-2-lite-v1:0 regional.anthropic.claude-fable-5-1-v1:0 regional.anthropic.claude-fable-5-v1:0
      regional.anthropic.claude-haiku-4-5-20251001-v1:0 regional.anthropic.claude-opus-4-1-20250805-v1:0
      regional.anthropic.claude-opus-4-20250514-v1:0 regional.anthropic.claude-opus-4-5-v1:0
      regional.anthropic.claude-opus-4-6-v1:0 regional.anthropic.claude-opus-4-7-v1:0
      regional.anthropic.claude-opus-4-8-v1:0 regional.anthropic.claude-opus-5 regional.anthropic.claude-opus-5-5
      regional.anthropic.claude-sonnet-4-20250514-v1:0 regional.anthropic.claude-sonnet-4-5-20250929-v1:0
      regional.anthropic.claude-sonnet-4-6-v1:0 regional.anthropic.claude-sonnet-5-v1:0 regional.openai.gpt-5.6-luna
      regional.openai.gpt-5.6-sol regional.openai.gpt-5.6-terra
    `),
    fireworks: words(`
      deepseek-r1-0528 deepseek-v3-0324 deepseek-v3p2 deepseek-v4-flash deepseek-v4-pro gemma-3-27b-it glm-4p7 glm-5p1
      glm-5p1-fast glm-5p2 glm-5p2-fast gpt-oss-120b gpt-oss-20b inkling kimi-k2p5 kimi-k2p6 kimi-k2p6-fast kimi-k2p7-code
      kimi-k2p7-code-fast kimi-k3 kimi-k3-fast kimi-k3-us llama-v3p1-8b-instruct llama4-maverick-instruct-basic minimax-m2p1
      minimax-m2p7 minimax-m3 nemotron-3-ultra-nvfp4 qwen2p5-vl-72b-instruct qwen3-235b-a22b qwen3p6-plus qwen3p7-plus
    `),
    mistral: words('codestral magistral-small mistral-medium-3-1 pixtral-large'),
    openai: words('ft:gpt-4o ft:gpt-4o-mini'),
  },
  // The data has the model and no price at all, and nothing says that it is free. Theirs calls that 0: a silent zero
  // (litellm #35913).
  'theirs is 0, ours is unknown: no_price': {
    cerebras: ['qwen-3-coder-480b'],
    huggingface_together: words(`
      ServiceNow-AI/Apriel-1.6-15b-Thinker servicenow-ai/apriel-1.6-15b-thinker servicenow-ai/apriel-1.6-15b-thinker-fast
    `),
    openrouter: words(`
      gemini-2.5-pro-exp-03-25 google/gemini-flash-1.5-8b-exp google/lyria-3-clip-preview google/lyria-3-pro-preview
    `),
  },
  // Charged by the hour of audio, the page or the message. Tokens do not tell how many there were, so theirs says 0.
  'theirs is 0, ours is unknown: not_metered': {
    groq: words('whisper-large-v3 whisper-large-v3-turbo'),
    mistral: words(`
      mistral-ocr-2503 mistral-ocr-2503-completion mistral-ocr-2505 mistral-ocr-2505-completion mistral-ocr-2512
      mistral-ocr-2512-completion mistral-ocr-4 mistral-ocr-4-0 mistral-ocr-4-0-completion mistral-ocr-4-1
      mistral-ocr-4-1-completion mistral-ocr-4-completion mistral-ocr-latest mistral-ocr-latest-completion
      voxtral-mini-2602 voxtral-mini-latest
    `),
    openai: words('gpt-transcribe whisper-1'),
    'x-ai': words('grok-voice-latest grok-voice-think-fast-1.0 grok-voice-think-fast-2.0'),
  },
};

describe('beside genai-prices, from whose data ours are made', { timeout: 60_000 }, () => {
  it('each model costs the same under each name, at each time, in each part and tier, but for these', () => {
    compared = 0;
    expect(differences(({ names }) => names)).toEqual(expected);
    // That the loops above are not empty: 1,694 models with 2,524 names, and several moments and tiers of some.
    expect(models).toHaveLength(1_694);
    expect(compared).toBeGreaterThan(45_000);
  });

  // What an open rule begins with is a name that people use (`accounts/fireworks/models/glm-5p1`).
  it('each model costs the same under each text that one of its open rules looks for', () => {
    const ways = ['starts_with', 'contains', 'ends_with'] as const;
    const ofRules = ({ model, names }: PeerModel) =>
      ways.flatMap((way) => textsOf(model.match, way)).filter((text) => !names.includes(text));
    compared = 0;
    expect(differences(ofRules)).toEqual({});
    expect(compared).toBeGreaterThan(1_000);
  });

  it('each model costs the same in a dated release that one of its open rules takes in', () => {
    const ofRules = ({ model }: PeerModel) =>
      textsOf(model.match, 'starts_with').map((text) => `${text}${/[-@]$/.test(text) ? '' : '-'}2026-02-17`);
    compared = 0;
    expect(differences(ofRules)).toEqual({});
    expect(compared).toBeGreaterThan(1_000);
  });
});

describe('what cannot be compared', () => {
  it('is a usage that theirs refuses: cached and audio, without how many are both', () => {
    const { cache_audio_read_tokens: _, ...usage } = peerUsage(
      tokenUsage(PLAIN_PROMPT, COMPLETION, shapes['cached audio']),
    );
    expect(() => peerCost('google', 'gemini-2.5-flash', usage, NOW_MS)).toThrow('cache_audio_read_tokens');
  });

  it('is what ours lacks and says so: searches without a price, which theirs leaves out in silence', () => {
    const tokens = tokenUsage(PLAIN_PROMPT, COMPLETION, { webSearches: 3 });
    const ours = priceCall({ provider: 'google', model: 'gemini-2.5-flash', tokens, atMs: NOW_MS }, book);
    expect(ours.unpricedParts).toEqual(['webSearches']);
    expect(agrees(ours.costNanoUsd, peerCost('google', 'gemini-2.5-flash', peerUsage(tokens), NOW_MS))).toBe(true);
  });
});
