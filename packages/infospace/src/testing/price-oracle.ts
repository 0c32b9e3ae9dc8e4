import type { TokenUsage } from '@budget/core';
import type { ModelPrice } from '@pydantic/genai-prices';
import type { PeerModel } from './peer-prices.js';

/** The arithmetic of a cost once more, straight from the raw data and with nothing of ours: plain bigints. */

/** 10^-24 USD: tokens × a price of 12 decimals per million × a multiplier of 6 decimals, exactly. */
export type YoctoUsd = bigint;

export const YOCTO_IN_NANO = 10n ** 15n;

/** As the tier of a call multiplies the prices of its parts. */
export interface Multipliers {
  readonly input: string;
  readonly cachedInput: string;
  readonly output: string;
}

const usual: Multipliers = { input: '1', cachedInput: '1', output: '1' };

/** The digits of a decimal number, as an integer with so many of them after the point; finer ones are rounded, half-even. */
export function digits(decimal: string | number, places: number): bigint {
  const [whole = '', fraction = ''] = String(decimal).split('.');
  if (!/^\d+$/.test(whole + fraction)) throw new Error(`Not in plain notation: ${decimal}`);
  const kept = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'));
  const rest = fraction.slice(places).replace(/0+$/, '');
  const isUp = rest === '5' ? kept % 2n === 1n : rest >= '5';
  return isUp ? kept + 1n : kept;
}

/** The price that holds at a time: of those that hold, the last in the data; the first where none does. */
export function pricesAt({ entries }: PeerModel, atMs: number): ModelPrice {
  const holds = entries.filter(({ constraint }) => {
    if (constraint === undefined) return true;
    if (constraint.type === 'start_date')
      return new Date(atMs).toISOString() >= `${constraint.start_date}T00:00:00.000Z`;
    const time = new Date(atMs).toISOString().slice(11, 23);
    const [from, to] = [constraint.start_time, constraint.end_time].map((text) => text.replace('Z', '.000'));
    if (from === undefined || to === undefined) return false;
    return from <= to ? time >= from && time < to : time >= from || time < to;
  });
  const found = holds.at(-1) ?? entries[0];
  if (found === undefined) throw new Error('A model without any price.');
  return found.prices;
}

export function oracleCost(prices: ModelPrice, tokens: TokenUsage, multipliers: Multipliers = usual): YoctoUsd {
  const { promptTokens, completionTokens, cachedPromptTokens: cached, cacheWriteTokens: written, details } = tokens;
  const write1h = details?.cacheWrite1hTokens ?? 0;
  const audio = details?.audioPromptTokens ?? 0;
  const cachedAudio = details?.cachedAudioTokens ?? 0;
  const image = details?.imagePromptTokens ?? 0;
  const cachedImage = details?.cachedImageTokens ?? 0;
  const video = details?.videoPromptTokens ?? 0;
  const audioOut = details?.audioCompletionTokens ?? 0;
  const imageOut = details?.imageCompletionTokens ?? 0;
  const videoOut = details?.videoCompletionTokens ?? 0;
  const citation = details?.citationTokens ?? 0;
  const reasoning = tokens.reasoningTokens;

  const cachedText = cached - cachedAudio - cachedImage;
  const plain = promptTokens - cachedText - written - audio - image - video;
  const text = completionTokens - reasoning - citation - audioOut - imageOut - videoOut;

  const cost = (count: number, ...keys: string[]): YoctoUsd => {
    const key = keys.find((each) => prices[each] !== undefined);
    if (key === undefined) return 0n;
    const price = digits(priceFor(prices[key], promptTokens), 12);
    const isFee = key.endsWith('_kcount');
    const multiplier = isFee ? '1' : multipliers[kindOf(key)];
    return BigInt(count) * price * (isFee ? 1000n : 1n) * digits(multiplier, 6);
  };
  return [
    cost(plain, 'input_mtok'),
    cost(cachedText, 'cache_read_mtok', 'input_mtok'),
    cost(written - write1h, 'cache_write_mtok', 'input_mtok'),
    cost(write1h, 'cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok'),
    cost(audio - cachedAudio, 'input_audio_mtok', 'input_mtok'),
    cost(cachedAudio, 'cache_audio_read_mtok', 'input_audio_mtok', 'cache_read_mtok', 'input_mtok'),
    cost(image - cachedImage, 'input_image_mtok', 'input_mtok'),
    cost(cachedImage, 'cache_image_read_mtok', 'input_image_mtok', 'cache_read_mtok', 'input_mtok'),
    cost(video, 'input_video_mtok', 'input_mtok'),
    cost(text, 'output_mtok'),
    cost(reasoning, 'output_reasoning_mtok', 'output_mtok'),
    cost(citation, 'output_citation_mtok', 'output_mtok'),
    cost(audioOut, 'output_audio_mtok', 'output_mtok'),
    cost(imageOut, 'output_image_mtok', 'output_mtok'),
    cost(videoOut, 'output_video_mtok', 'output_mtok'),
    cost(1, 'requests_kcount'),
    cost(details?.webSearches ?? 0, 'web_searches_kcount'),
  ].reduce((sum, each) => sum + each, 0n);
}

/** The whole request is charged by the last step that its prompt is larger than the start of. */
function priceFor(price: ModelPrice[string], promptTokens: number): number {
  if (price === undefined || typeof price === 'number') return price ?? 0;
  const passed = price.tiers.filter(({ start }) => promptTokens > start).sort((a, b) => a.start - b.start);
  return passed.at(-1)?.price ?? price.base;
}

function kindOf(key: string): keyof Multipliers {
  if (key.startsWith('output_')) return 'output';
  return key.startsWith('cache_') && key.includes('read') ? 'cachedInput' : 'input';
}

/** Half-even, by the remainder. */
export function roundedToNano(amount: YoctoUsd): bigint {
  const floor = amount / YOCTO_IN_NANO;
  const rest = (amount % YOCTO_IN_NANO) * 2n;
  if (rest === YOCTO_IN_NANO) return floor + (floor % 2n);
  return rest > YOCTO_IN_NANO ? floor + 1n : floor;
}
