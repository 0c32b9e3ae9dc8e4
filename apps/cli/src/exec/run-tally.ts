import type { CallRecord, RefusedCallRecord } from '@budget/ledger/meter';

/** What a run has used so far. Money is nano-USD. */
export interface Tally {
  calls: number;
  localHits: number;
  providerHits: number;
  tokens: number;
  cost: bigint;
  economicCost: bigint;
  /** Of how many calls the cost is not known in full: `cost` lacks what is not. */
  unpricedCalls: number;
  estimatedCalls: number;
  failedCalls: number;
  refusedCalls: number;
  /** Of the first that was refused. */
  refusal: string | null;
  readonly models: Map<string, ModelTally>;
}

export interface ModelTally {
  readonly name: string;
  calls: number;
  promptTokens: number;
  cachedPromptTokens: number;
  completionTokens: number;
  cost: bigint;
  economicCost: bigint;
  unpricedCalls: number;
}

export function emptyTally(): Tally {
  return {
    calls: 0,
    localHits: 0,
    providerHits: 0,
    tokens: 0,
    cost: 0n,
    economicCost: 0n,
    unpricedCalls: 0,
    estimatedCalls: 0,
    failedCalls: 0,
    refusedCalls: 0,
    refusal: null,
    models: new Map(),
  };
}

export function addCall(tally: Tally, call: CallRecord): void {
  const { tokens, costNanoUsd, economicCostNanoUsd, cacheHit } = call;
  tally.economicCost += economicCostNanoUsd ?? costNanoUsd ?? 0n;
  if (cacheHit === 'local') {
    tally.localHits += 1;
    return;
  }
  tally.calls += 1;
  if (cacheHit === 'provider') tally.providerHits += 1;
  tally.tokens += tokens.promptTokens + tokens.completionTokens;
  tally.cost += costNanoUsd ?? 0n;
  const isUnpriced = costNanoUsd === null || call.unpricedParts.length > 0;
  if (isUnpriced) tally.unpricedCalls += 1;
  if (call.isEstimated) tally.estimatedCalls += 1;
  if (call.status === 'failed') tally.failedCalls += 1;
  const model = modelOf(tally, `${call.provider} ${call.model || '(unknown)'}`);
  model.calls += 1;
  model.promptTokens += tokens.promptTokens;
  model.cachedPromptTokens += tokens.cachedPromptTokens;
  model.completionTokens += tokens.completionTokens;
  model.cost += costNanoUsd ?? 0n;
  model.economicCost += economicCostNanoUsd ?? costNanoUsd ?? 0n;
  if (isUnpriced) model.unpricedCalls += 1;
}

export function addRefusal(tally: Tally, { code, reason }: RefusedCallRecord): void {
  tally.refusedCalls += 1;
  tally.refusal ??= `${code}: ${reason}`;
}

function modelOf({ models }: Tally, name: string): ModelTally {
  const known = models.get(name);
  if (known !== undefined) return known;
  const made: ModelTally = {
    name,
    calls: 0,
    promptTokens: 0,
    cachedPromptTokens: 0,
    completionTokens: 0,
    cost: 0n,
    economicCost: 0n,
    unpricedCalls: 0,
  };
  models.set(name, made);
  return made;
}
