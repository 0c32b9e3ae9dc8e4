import { stringify } from 'yaml';

/** One stage that made a call. */
export function stage(
  stageId: string,
  usage: unknown = { prompt_tokens: 1000, completion_tokens: 100 },
  model = 'test/rated',
) {
  return { stage_id: stageId, provider: 'openrouter', metadata: { model, usage } };
}

export function runRecord(
  runId: string | undefined,
  stages: unknown,
  workflowId = 'summarise',
): Record<string, unknown> {
  return { ...(runId === undefined ? {} : { run_id: runId }), workflow_id: workflowId, status: 'completed', stages };
}

export const asYaml = (value: unknown): string => stringify(value);

/** 0.0015 and 0.006 USD per thousand tokens. */
export const RATES = `rates:
  test/rated: {prompt_per_1k: 0.0015, completion_per_1k: 0.006, currency: USD, captured_at: 2026-11-01}
  test/free: {prompt_per_1k: 0, completion_per_1k: 0}
  test/prompt-only: {prompt_per_1k: 0.001}
  test/nothing: {currency: USD}
`;
