import { describe, expect, it } from 'vitest';
import { parseModelRates } from './model-rates.js';

const parse = (text: string) => parseModelRates(text, 'model-rates.yaml');

describe('model-rates.yaml', () => {
  it('may take prices from another row: merged, they are not zero', () => {
    const rates = parse(`rates:
  base: &base {prompt_per_1k: 0.001, completion_per_1k: 0.002}
  other: {<<: *base, completion_per_1k: 0.003}
`);
    expect(rates.at(1)).toMatchObject({
      model: 'other',
      prices: { input: 1_000_000_000_000n, output: 3_000_000_000_000n },
    });
  });

  it('refuses a model that stands in it twice, also in another case: which price was meant?', () => {
    const text = 'rates:\n  OpenAI/GPT-4o: {prompt_per_1k: 1}\n  openai/gpt-4o: {prompt_per_1k: 2}\n';
    expect(() => parse(text)).toThrow(/^model-rates\.yaml:3: rates\.openai\/gpt-4o: OpenAI\/GPT-4o stands in it too/);
  });

  it('refuses what a newer version wrote', () => {
    const text = 'schema_version: 2\nrates:\n  m: {prompt_per_1k: 1}\n';
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'schema_newer', kind: 'input', line: 1 }));
    expect(parse(text.replace('2', '1'))).toHaveLength(1);
  });

  it.each([
    '2026-05-17',
    '"2026-05-17"',
    '2026-05-17T18:06:19Z',
    '2026-05-17T18:06:19.000000+00:00',
    '2026-05-17 18:06:19+02:00',
    '2024-02-29',
  ])('takes %s for a date', (captured) => {
    const [rate] = parse(`rates:\n  m: {prompt_per_1k: 1, captured_at: ${captured}}`);
    expect(rate?.capturedAt).toBe(captured.replaceAll('"', ''));
  });

  it.each(['yesterday', '20260517', '2026-02-30', '2026-13-01', '17.05.2026', '2026-05', '"2026-05-17 noon"', 'true'])(
    'refuses %s as a date, which would never grow stale',
    (captured) => {
      expect(() => parse(`rates:\n  m:\n    prompt_per_1k: 1\n    captured_at: ${captured}`)).toThrow(
        'model-rates.yaml:4: rates.m.captured_at: captured_at is a date such as 2026-05-17, or an ISO time',
      );
    },
  );
});
