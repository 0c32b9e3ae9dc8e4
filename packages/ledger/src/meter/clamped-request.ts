import { isFields } from '@budget/core';
import type { BudgetExceededError } from '../budget-errors.js';
import type { BoundsOptions, MeteredRequest, RequestBounds } from './metered-request.js';
import { withOutputLimit } from './output-limit.js';

/** Two limits so far apart that the price of one more token shows, whatever is rounded. */
const FEW = 1;
const MANY = 1_000_001;

/**
 * The request with its answer limited to what a refused reservation had room for, with what it may use then; `null` where
 * not even one token fits, or what is short has nothing to do with the length of the answer.
 */
export function clampedRequest(
  request: MeteredRequest,
  refusal: BudgetExceededError,
  bounds: (request: MeteredRequest, options?: BoundsOptions) => RequestBounds,
): { readonly request: MeteredRequest; readonly bounds: RequestBounds } | null {
  const { provider, path, body } = request;
  if (!isFields(body)) return null;
  const room = refusal.limit - refusal.used - refusal.held;
  const limitedTo = (tokens: number): MeteredRequest | null => {
    const limited = withOutputLimit(body, tokens, provider, path);
    return limited && { ...request, body: limited };
  };
  const most = bounds(request).maxOutputTokens;
  // Where each byte may be a token, those of the limit that is put in count too.
  const longest = limitedTo(most);
  if (longest === null) return null;
  const asked = (maxOutputTokens: number): bigint | null =>
    amountOf(bounds(longest, { maxOutputTokens }), refusal.unit);
  const few = asked(FEW);
  const many = asked(MANY);
  if (few === null || many === null || few > room || many <= few) return null;
  // Each further token costs the same, and what is rounded up at the end may be less than nothing of it.
  const further = ((room - few) * BigInt(MANY - FEW)) / (many - few);
  for (let tokens = FEW + Number(further < BigInt(most) ? further : BigInt(most)); tokens >= FEW; tokens -= 1) {
    const amount = asked(tokens);
    if (amount === null || amount > room) continue;
    const limited = limitedTo(tokens);
    if (limited === null) return null;
    const limitedBounds = bounds(limited);
    // A request with a form of its own, whose limit is not where it was put.
    if (limitedBounds.maxOutputTokens > tokens) return null;
    return { request: limited, bounds: limitedBounds };
  }
  return null;
}

function amountOf({ promptTokens, maxOutputTokens, answers, costNanoUsd }: RequestBounds, unit: string): bigint | null {
  if (unit === 'nanoUsd') return costNanoUsd;
  return unit === 'tokens' ? BigInt(promptTokens) + BigInt(maxOutputTokens) * BigInt(answers) : null;
}
