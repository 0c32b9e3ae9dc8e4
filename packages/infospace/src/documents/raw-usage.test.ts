import { describe, expect, it } from 'vitest';
import { keepFigures } from './raw-usage.js';

describe('what is kept of a provider’s usage', () => {
  it.each([
    { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 3 }, cost: 0.00131 },
    { input_tokens: 1, service_tier: 'standard', cache_creation: { ephemeral_5m_input_tokens: 0 }, is_byok: false },
    { promptTokenCount: 5, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 5 }], trafficType: 'ON_DEMAND' },
    { billed_units: { input_tokens: 3 }, tokens: { input_tokens: 4, output_tokens: null } },
    { cost: '0.00131', cost_details: { upstream_inference_cost: null } },
  ])('is all of it where it is figures: %j', (usage) => {
    expect(keepFigures(usage)).toEqual(usage);
  });

  it('is nothing that a prompt or an answer could stand in (Ollama sends its usage along with the answer)', () => {
    const planted = {
      model: 'SECRET',
      response: 'SECRET answer',
      message: { role: 'assistant', content: 'SECRET', tool_calls: [{ arguments: { SECRET: 5 } }] },
      context: [83, 69, 67, 82, 69, 84],
      'SECRET prompt': 7,
      service_tier: 'SECRET with blanks',
      tier: 'SECRET'.repeat(20),
      details: { text: 'SECRET', nested: { cost: 'SECRET', SECRET: 1 } },
      usage_note: ['SECRET', ['SECRET'], { text: 'SECRET' }],
      cost: 'SECRET',
      toJSON: () => 'SECRET',
      prompt_eval_count: 12,
      eval_count: 3,
    };
    const kept = keepFigures(planted);
    expect(kept).toEqual({ details: {}, usage_note: [{}], prompt_eval_count: 12, eval_count: 3 });
    expect(JSON.stringify(kept)).not.toContain('SECRET');
  });

  it('is bounded, whatever a server sends', () => {
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
    expect(Object.keys(keepFigures(wide) ?? {})).toHaveLength(200);
    const deep: Record<string, unknown> = {};
    deep['usage'] = deep;
    expect(JSON.stringify(keepFigures(deep)).length).toBeLessThan(200);
  });

  it.each([null, undefined, 'SECRET', 5, [1, 2], Number.NaN])('is null of what is no map: %s', (usage) => {
    expect(keepFigures(usage)).toBeNull();
  });
});
