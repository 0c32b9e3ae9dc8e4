import { divideHalfEven } from './decimal.js';
import { field, isFields } from './usage-fields.js';
import { type NanoUsd, parseNanoUsd } from './usd.js';

/** No call costs a thousand million dollars; such a report would only spoil every total after it. */
const MAX_COST_PER_CALL: NanoUsd = 10n ** 18n;

/** xAI counts 10^10 ticks a dollar, which is ten a nano-USD. */
const TICKS_PER_NANO_USD = 10n;

/**
 * What the provider itself says a call cost, or `null`.
 *
 * - OpenRouter, https://openrouter.ai/docs/use-cases/usage-accounting: `cost`. With one's own key (`is_byok`) that is
 *   OpenRouter's fee alone, and `cost_details.upstream_inference_cost` is paid to the provider. Without the latter the
 *   fee says little, so nothing is reported.
 * - Perplexity, https://docs.perplexity.ai/api-reference/chat-completions-post: `cost.total_cost`.
 * - xAI, https://docs.x.ai/docs/api-reference: `cost_in_usd_ticks`.
 */
export function readReportedCost(usage: unknown): NanoUsd | null {
  const cost = field(usage, 'cost');
  if (cost === undefined) return fromTicks(field(usage, 'cost_in_usd_ticks'));
  if (isFields(cost)) return amount(cost['total_cost']);
  if (field(usage, 'is_byok') !== true) return amount(cost);
  const fee = amount(cost);
  const upstream = amount(field(field(usage, 'cost_details'), 'upstream_inference_cost'));
  return fee === null || upstream === null ? null : plausible(fee + upstream);
}

function amount(cost: unknown): NanoUsd | null {
  if (typeof cost !== 'number' && typeof cost !== 'string' && typeof cost !== 'bigint') return null;
  return plausible(parseNanoUsd(cost));
}

function fromTicks(ticks: unknown): NanoUsd | null {
  if (typeof ticks === 'number' ? !Number.isSafeInteger(ticks) : typeof ticks !== 'bigint') return null;
  return plausible(divideHalfEven(BigInt(ticks as number | bigint), TICKS_PER_NANO_USD));
}

function plausible(cost: NanoUsd | null): NanoUsd | null {
  return cost !== null && cost >= 0n && cost <= MAX_COST_PER_CALL ? cost : null;
}
