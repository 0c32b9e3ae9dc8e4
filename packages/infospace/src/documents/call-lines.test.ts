import { describe, expect, it } from 'vitest';
import { begunCall, meteredCall, RUN_ID } from '../testing/metered-calls.js';
import { begunLine, costLine, readBegunLine, readCostLine } from './call-lines.js';

const KEYS =
  'schema_version, call_id, run_id, at, phase, role, workflow_id, stage_id, task, thread_id, agent_id, provider, model, response_model, tier, fine_tuned, attempt, status, prompt_tokens, cached_prompt_tokens, cache_write_tokens, completion_tokens, reasoning_tokens, cost_nano_usd, economic_cost_nano_usd, estimated_cost_nano_usd, cost_source, price_version, estimated, cache_hit, usage_missing, latency_ms, raw_usage';

describe('a line of costs.jsonl', () => {
  it('has exactly the documented keys, in their order', () => {
    expect(Object.keys(JSON.parse(costLine(meteredCall('c1'), RUN_ID))).join(', ')).toBe(KEYS);
  });

  it('says what its cost lacks, only where it lacks something', () => {
    const call = meteredCall('c1', { unpricedParts: ['web_searches'] });
    const line = costLine(call, RUN_ID).trimEnd();
    expect(Object.keys(JSON.parse(line)).join(', ')).toBe(`${KEYS}, unpriced_parts`);
    expect(readCostLine(line)).toEqual(call);
  });

  it('reads back to the call that was written', () => {
    const call = meteredCall('c1', {
      phase: 'train',
      role: 'teacher',
      workflowId: 'w',
      stageId: 's',
      task: 't',
      tier: 'flex',
    });
    expect(readCostLine(costLine(call, RUN_ID).trimEnd())).toEqual(call);
    const begun = begunCall('c1', { phase: 'infer', agentId: 'a' });
    expect(readBegunLine(begunLine(begun).trimEnd())).toEqual(begun);
  });

  it('keeps amounts past 2^53 exact, as text', () => {
    const costNanoUsd = 2n ** 53n + 1n;
    const line = costLine(meteredCall('c1', { costNanoUsd, economicCostNanoUsd: 2n ** 53n - 1n }), RUN_ID);
    expect(line).toContain('"cost_nano_usd":"9007199254740993","economic_cost_nano_usd":9007199254740991,');
    expect(readCostLine(line)?.costNanoUsd).toBe(costNanoUsd);
  });

  it.each([
    { costNanoUsd: null, costSource: 'rates' },
    { costNanoUsd: 5n, costSource: 'unknown' },
    { costNanoUsd: -5n, costSource: 'provider' },
  ] as const)('says unknown, and never zero, where the cost is not known: %o', (cost) => {
    expect(readCostLine(costLine(meteredCall('c1', cost), RUN_ID))).toMatchObject({
      costNanoUsd: null,
      costSource: 'unknown',
    });
  });

  it('holds names to a length, and of a usage only its figures', () => {
    const rawUsage = { prompt_tokens: 3, prompt: 'SECRET' };
    const line = costLine(
      meteredCall('c1', { model: `${'m'.repeat(199)}😀`, task: 'x'.repeat(99_999), rawUsage }),
      RUN_ID,
    );
    expect(line.length).toBeLessThan(2000);
    expect(line).not.toContain('SECRET');
    expect(readCostLine(line)?.model).toBe(`${'m'.repeat(199)}\ufffd`);
  });

  it('keeps a call that was paid for, whatever its counts are', () => {
    const line = costLine(
      meteredCall('c1', { promptTokens: Number.NaN, completionTokens: -1, reasoningTokens: 1e300 }),
      RUN_ID,
    );
    expect(readCostLine(line)).toMatchObject({ promptTokens: 0, completionTokens: 0, reasoningTokens: 0 });
  });

  it.each(['', '{', 'null', '[]', '{}', '{"schema_version":2,"call_id":"c"}', '\0\0\0', '{"schema_version":1}'])(
    'is none where it is %j',
    (line) => {
      expect(readCostLine(line)).toBeNull();
      expect(readBegunLine(line)).toBeNull();
    },
  );
});
