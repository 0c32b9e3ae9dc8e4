import type { TokenEvent, TokenEventData, TokenEventModel } from '@budget/hub-client';

export type Changes = Partial<TokenEventData> & { readonly id?: string; readonly source?: string };

/** An event as `@budget/hub-client` sends it, with changes: three calls of one model, all priced. */
export function tokenEvent({ id = 'run-1', source, ...changes }: Changes = {}): TokenEvent {
  const data: TokenEventData = {
    ...{ schema_version: 1, run_id: id, run_index: 1, workspace: 'acme', infospace_slug: 'handbook' },
    ...{ started_at: '2026-11-22T09:59:58.500Z', ended_at: '2026-11-22T10:00:00.000Z', duration_seconds: 1.5 },
    ...{ status: 'completed', snapshot_id: 'bac03ddf14fe', currency: 'USD' },
    ...{ calls: 3, tokens_in: 812, tokens_out: 166, total_tokens: 978 },
    ...{ cost_usd: 0.00131, cost_nano_usd: 1_310_000, cost_source: 'provider', unpriced_calls: 0 },
    ...{ model: 'gpt-4o', models: [modelPart()] },
    ...changes,
  };
  return {
    specversion: '1.0',
    id,
    source: source ?? `urn:budget:${encodeURIComponent(data.workspace)}:${encodeURIComponent(data.infospace_slug)}`,
    type: 'dev.budget.run.v1',
    time: data.ended_at,
    subject: `${data.workspace}/${data.infospace_slug}`,
    data,
  };
}

export function modelPart(changes: Partial<TokenEventModel> = {}): TokenEventModel {
  return {
    ...{
      provider: 'openai',
      model: 'gpt-4o',
      calls: 3,
      input_tokens: 812,
      output_tokens: 166,
      cost_nano_usd: 1_310_000,
    },
    ...changes,
  };
}
