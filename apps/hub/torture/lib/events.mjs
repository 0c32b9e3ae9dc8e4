/** The event with a number: always the same. */
export function eventNumbered(number) {
  const id = `run-${String(number).padStart(6, '0')}`;
  const [calls, tokensIn, tokensOut] = [1 + (number % 5), number % 977, number % 313];
  const cost = number % 1009;
  const infospace = `infospace-${number % 7}`;
  const ended = new Date(Date.UTC(2026, 10, 1) + number * 60_000).toISOString();
  return {
    ...{ specversion: '1.0', id, source: `urn:budget:torture:${infospace}`, type: 'dev.budget.run.v1' },
    ...{ time: ended, subject: `torture/${infospace}` },
    data: {
      ...{ schema_version: 1, run_id: id, run_index: number, workspace: 'torture', infospace_slug: infospace },
      ...{ started_at: null, ended_at: ended, duration_seconds: null, status: 'completed', snapshot_id: null },
      ...{ calls, tokens_in: tokensIn, tokens_out: tokensOut, total_tokens: tokensIn + tokensOut },
      ...{
        cost_usd: 0,
        cost_nano_usd: cost,
        currency: 'USD',
        cost_source: 'rates',
        unpriced_calls: 0,
        model: 'gpt-4o',
      },
      models: [
        {
          ...{ provider: 'openai', model: 'gpt-4o', calls, input_tokens: tokensIn, output_tokens: tokensOut },
          cost_nano_usd: cost,
        },
      ],
    },
  };
}
