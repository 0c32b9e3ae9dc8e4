import type { TokenEvent, TokenEventModel } from '@budget/hub-client';

/** What one model did in a run; `null` for what no model accounts for. */
export interface EventPart {
  readonly provider: string | null;
  readonly model: string | null;
  readonly calls: bigint;
  readonly tokensIn: bigint;
  readonly tokensOut: bigint;
  readonly cachedTokensIn: bigint;
  readonly cacheWriteTokens: bigint;
  readonly reasoningTokens: bigint;
  readonly costNanoUsd: bigint | null;
  readonly unpricedCalls: bigint;
  readonly isCostLowerBound: boolean;
}

/**
 * The parts of an event by model. They sum to it exactly, also where a client names some models only. An event tells how
 * many of its calls are unpriced, but not of which model: where that cannot be concluded, they stand in the part without
 * a name, and the cost of each priced model may lack some.
 */
export function eventParts({ data }: TokenEvent): readonly EventPart[] {
  let unpricedLeft = BigInt(data.unpriced_calls);
  const named = data.models.map((model) => {
    const part = namedPart(model);
    // Of a model without a cost: as many of its calls as the run has unpriced ones.
    const unpricedCalls = part.costNanoUsd === null ? least(part.calls, unpricedLeft) : 0n;
    unpricedLeft -= unpricedCalls;
    return { ...part, unpricedCalls };
  });
  const rest = { ...restOf(data, named), unpricedCalls: unpricedLeft };
  const suspects = unpricedLeft > 0n ? named.filter(({ costNanoUsd }) => costNanoUsd !== null) : [];
  const isKnownWhich = suspects.length === 1 && rest.calls === 0n;
  const told = named.map((part) =>
    suspects.includes(part)
      ? { ...part, unpricedCalls: isKnownWhich ? unpricedLeft : 0n, isCostLowerBound: true }
      : part,
  );
  return withRest(told, isKnownWhich ? { ...rest, unpricedCalls: 0n } : rest);
}

/** As its parts, so that a sum says the same by whatever it is grouped. */
export function isCostLowerBound(event: TokenEvent): boolean {
  return eventParts(event).some((part) => part.isCostLowerBound);
}

export function nanoUsd(amount: number | string | null): bigint | null {
  return amount === null ? null : BigInt(amount);
}

function namedPart(model: TokenEventModel): EventPart {
  return {
    provider: model.provider,
    model: model.model,
    calls: BigInt(model.calls),
    tokensIn: BigInt(model.input_tokens),
    tokensOut: BigInt(model.output_tokens),
    cachedTokensIn: BigInt(model.cache_read_input_tokens ?? 0),
    cacheWriteTokens: BigInt(model.cache_write_input_tokens ?? 0),
    reasoningTokens: BigInt(model.reasoning_output_tokens ?? 0),
    costNanoUsd: nanoUsd(model.cost_nano_usd),
    unpricedCalls: 0n,
    isCostLowerBound: model.cost_nano_usd === null && model.calls > 0,
  };
}

function restOf(data: TokenEvent['data'], parts: readonly EventPart[]): EventPart {
  const left = (whole: bigint, of: (part: EventPart) => bigint) => parts.reduce((rest, part) => rest - of(part), whole);
  const cost = nanoUsd(data.cost_nano_usd);
  return {
    provider: null,
    model: null,
    calls: left(BigInt(data.calls), (part) => part.calls),
    tokensIn: left(BigInt(data.tokens_in), (part) => part.tokensIn),
    tokensOut: left(BigInt(data.tokens_out), (part) => part.tokensOut),
    cachedTokensIn: 0n,
    cacheWriteTokens: 0n,
    reasoningTokens: 0n,
    costNanoUsd: cost === null ? null : left(cost, ({ costNanoUsd }) => costNanoUsd ?? 0n),
    unpricedCalls: 0n,
    isCostLowerBound: false,
  };
}

function withRest(parts: readonly EventPart[], rest: EventPart): readonly EventPart[] {
  const { calls, tokensIn, tokensOut, costNanoUsd, unpricedCalls } = rest;
  const isNothing = [calls, tokensIn, tokensOut, costNanoUsd ?? 0n, unpricedCalls].every((amount) => amount === 0n);
  // A run without any call is a run by model too.
  if (isNothing && parts.length > 0) return parts;
  return [...parts, { ...rest, isCostLowerBound: unpricedCalls > 0n || (costNanoUsd === null && calls > 0n) }];
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
