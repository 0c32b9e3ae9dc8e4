import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelPart, tokenEvent } from '../test/token-events.js';
import { type EventPart, eventParts } from './event-parts.js';
import { tokenEventSchema } from './token-event-schema.js';

const amount = fc.integer({ min: 0, max: 1000 });
const cost = fc.option(amount, { nil: null });
/** A cost of zero is that of calls: of none it would contradict what the others say of theirs. */
const share = fc
  .record({ calls: amount, input: amount, output: amount, cost })
  .map((part) => (part.calls === 0 && part.cost === 0 ? { ...part, cost: null } : part));
const models = fc.array(share, { maxLength: 4 });

/** Any event whose models account for all of it, or for some. */
const events = fc.tuple(models, share, fc.nat()).map(([models, rest, unpriced]) => {
  const all = [...models, rest];
  const sum = (of: (part: (typeof all)[number]) => number) => all.reduce((total, part) => total + of(part), 0);
  const calls = sum((part) => part.calls);
  const isPriced = all.some((part) => part.cost !== null);
  return tokenEvent({
    ...{ calls, tokens_in: sum((part) => part.input), tokens_out: sum((part) => part.output) },
    total_tokens: sum((part) => part.input + part.output),
    cost_nano_usd: isPriced ? sum((part) => part.cost ?? 0) : null,
    unpriced_calls: unpriced % (calls + 1),
    models: models.map(({ calls, input, output, cost }, index) =>
      modelPart({ model: `model-${index}`, calls, input_tokens: input, output_tokens: output, cost_nano_usd: cost }),
    ),
  });
});

describe('the parts of an event', () => {
  it('sum to it exactly, whatever its models say', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(tokenEventSchema.safeParse(event).success).toBe(true);
        const parts = eventParts(event);
        const sum = (of: (part: EventPart) => bigint) => parts.reduce((total, part) => total + of(part), 0n);
        const { data } = event;
        expect(sum((part) => part.calls)).toBe(BigInt(data.calls));
        expect(sum((part) => part.tokensIn)).toBe(BigInt(data.tokens_in));
        expect(sum((part) => part.tokensOut)).toBe(BigInt(data.tokens_out));
        expect(sum((part) => part.unpricedCalls)).toBe(BigInt(data.unpriced_calls));
        expect(sum((part) => part.costNanoUsd ?? 0n)).toBe(BigInt(data.cost_nano_usd ?? 0));
        for (const part of parts) {
          expect([part.calls, part.tokensIn, part.tokensOut, part.unpricedCalls].every((each) => each >= 0n)).toBe(
            true,
          );
          if (part.unpricedCalls > 0n) expect(part.isCostLowerBound).toBe(true);
        }
        if (data.unpriced_calls > 0) expect(parts.some(({ isCostLowerBound }) => isCostLowerBound)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('unpriced calls belong to the models without a cost first', () => {
    const models = [
      modelPart({ calls: 1 }),
      modelPart({ model: 'unknown', calls: 2, input_tokens: 0, output_tokens: 0, cost_nano_usd: null }),
    ];
    expect(eventParts(tokenEvent({ unpriced_calls: 2, models }))).toMatchObject([
      { model: 'gpt-4o', unpricedCalls: 0n, isCostLowerBound: false },
      { model: 'unknown', unpricedCalls: 2n, isCostLowerBound: true, costNanoUsd: null },
    ]);
  });

  it('an unpriced call among priced ones of one model is of that one', () => {
    expect(eventParts(tokenEvent({ unpriced_calls: 1 }))).toMatchObject([
      { model: 'gpt-4o', unpricedCalls: 1n, isCostLowerBound: true, costNanoUsd: 1_310_000n },
    ]);
  });

  it('where it may be of several models, the cost of each may lack it, and nobody is told that it is complete', () => {
    const half = { calls: 1, input_tokens: 400, output_tokens: 80, cost_nano_usd: 600_000 };
    const models = [modelPart({ ...half, calls: 2 }), modelPart({ ...half, model: 'gpt-5' })];
    const parts = eventParts(tokenEvent({ unpriced_calls: 1, models }));
    expect(parts).toMatchObject([
      { model: 'gpt-4o', unpricedCalls: 0n, isCostLowerBound: true },
      { model: 'gpt-5', unpricedCalls: 0n, isCostLowerBound: true },
      { model: null, unpricedCalls: 1n, isCostLowerBound: true },
    ]);
  });
});
