import { noDetails, type TokenDetails, type TokenUsage } from '@budget/core';
import {
  calcPrice,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  type Provider,
  type Usage,
  waitForUpdate,
} from '@pydantic/genai-prices';
import { vi } from 'vitest';

/** The data from which bundled-prices.jsonl is made, and the program that comes with it, to compare with. */
export interface PeerModel {
  readonly provider: string;
  readonly model: ModelInfo;
  /** Its id, and every name that the data says is it. */
  readonly names: readonly string[];
  /** Each price with its validity, in the order of the data. */
  readonly entries: readonly { readonly constraint?: Validity; readonly prices: ModelPrice }[];
}

export type Validity =
  | { readonly type: 'start_date'; readonly start_date: string }
  | { readonly type: 'time_of_date'; readonly start_time: string; readonly end_time: string };

/** The day on which the data was captured. */
export const NOW_MS = Date.parse('2026-09-23T12:00:00Z');

export async function peerProviders(): Promise<Provider[]> {
  const providers = await waitForUpdate();
  if (providers === null) throw new Error('The package has no price data.');
  return providers;
}

export async function peerModels(): Promise<PeerModel[]> {
  return (await peerProviders()).flatMap(({ id, models }) =>
    models.map((model) => ({
      provider: id,
      model,
      names: [...new Set([model.id, ...textsOf(model.match, 'equals')])],
      entries: Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }],
    })),
  );
}

/** Every text that a rule compares a name with in one way. */
export function textsOf(rule: MatchLogic, way: 'equals' | 'starts_with' | 'ends_with' | 'contains'): string[] {
  if ('or' in rule) return rule.or.flatMap((each) => textsOf(each, way));
  if ('and' in rule) return rule.and.flatMap((each) => textsOf(each, way));
  const text = (rule as Partial<Record<typeof way, string>>)[way];
  return text === undefined ? [] : [text];
}

/** Now, and just before, at and just after each moment at which the price of the model changes. */
export function momentsOf({ entries }: PeerModel): number[] {
  const constraints = entries.flatMap(({ constraint }) => (constraint === undefined ? [] : [constraint]));
  const starts = constraints.flatMap((each) => (each.type === 'start_date' ? [Date.parse(each.start_date)] : []));
  // Hours of the day hold on days before and after a date from which another price holds.
  const days = [NOW_MS, ...starts.map((start) => start - 1)].map((time) => new Date(time).toISOString().slice(0, 10));
  const edges = constraints.flatMap((each) => {
    if (each.type === 'start_date') return [];
    return days.flatMap((day) => {
      const [from, to] = [Date.parse(`${day}T${each.start_time}`), Date.parse(`${day}T${each.end_time}`)];
      return [from, (from + to) / 2, to];
    });
  });
  return [NOW_MS, ...[...starts, ...edges].flatMap((change) => [change - 1, change, change + 1])];
}

/** The sizes of a prompt after which the price of the model changes. */
export function thresholdsOf({ entries }: PeerModel): number[] {
  const values = entries.flatMap(({ prices }) => Object.values(prices));
  return [...new Set(values.flatMap((value) => (typeof value === 'object' ? value.tiers : [])).map((t) => t.start))];
}

/** One call in both vocabularies. */
export interface PeerUsage {
  readonly name: string;
  readonly tokens: TokenUsage;
  readonly usage: Usage;
}

export type Parts = Partial<
  Omit<TokenUsage, 'details' | 'billed' | 'promptTokens' | 'completionTokens'> & TokenDetails
>;

/** @param parts Those of audio and images may be cached, and are then among `cachedPromptTokens` too. */
export function tokenUsage(promptTokens: number, completionTokens: number, parts: Parts = {}): TokenUsage {
  const { cachedPromptTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0, ...details } = parts;
  const whole = { promptTokens, completionTokens, cachedPromptTokens, cacheWriteTokens, reasoningTokens };
  return Object.keys(details).length === 0 ? whole : { ...whole, details: { ...noDetails, ...details } };
}

/**
 * In their keys, all of them: where a price names both cached and audio tokens, theirs refuses a usage that has both and
 * does not say how many are both.
 */
export function peerUsage({ promptTokens, completionTokens, ...tokens }: TokenUsage): Usage {
  const details = tokens.details ?? noDetails;
  return {
    input_tokens: promptTokens,
    output_tokens: completionTokens,
    cache_read_tokens: tokens.cachedPromptTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
    cache_write_5m_tokens: tokens.cacheWriteTokens - details.cacheWrite1hTokens,
    cache_write_1h_tokens: details.cacheWrite1hTokens,
    output_reasoning_tokens: tokens.reasoningTokens,
    output_citation_tokens: details.citationTokens,
    input_audio_tokens: details.audioPromptTokens,
    cache_audio_read_tokens: details.cachedAudioTokens,
    output_audio_tokens: details.audioCompletionTokens,
    input_image_tokens: details.imagePromptTokens,
    cache_image_read_tokens: details.cachedImageTokens,
    output_image_tokens: details.imageCompletionTokens,
    input_video_tokens: details.videoPromptTokens,
    output_video_tokens: details.videoCompletionTokens,
    web_searches: details.webSearches,
  };
}

/** What theirs says that a call costs, in USD; `null` where it finds no price. Its words to the console are silenced. */
export function peerCost(provider: string, model: string, usage: Usage, atMs: number): number | null {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    return calcPrice(usage, model, { providerId: provider, timestamp: new Date(atMs) })?.total_price ?? null;
  } finally {
    warn.mockRestore();
  }
}

/** Whether ours, which is rounded to nano-USD, is what theirs is in binary floating point. */
export function agrees(ours: bigint | null, theirs: number | null): boolean {
  if (ours === null || theirs === null) return ours === theirs;
  return Math.abs(Number(ours) / 1e9 - theirs) <= 0.5e-9 + 1e-12 * theirs;
}
