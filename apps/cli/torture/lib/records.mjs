/** Every run record has the same sums, so that totals must be a multiple of them, whatever was recorded. */
export const TOKENS_PER_RECORD = 12_000;
export const NANO_USD_PER_RECORD = 50_000_000;
const PROMPT_TOKENS = 10_000;
const MICRO_USD_PER_RECORD = NANO_USD_PER_RECORD / 1000;

/** A run record in JSON, which is YAML too. Each stage has a name of its own, and so a bucket of its own. */
export function runRecordText(id, stageCount) {
  const stages = Array.from({ length: stageCount }, (_, index) => ({
    stage_id: `stage-${index}`,
    provider: 'somewhere',
    metadata: {
      model: index % 3 === 0 ? 'test/größer' : 'test/model',
      usage: {
        prompt_tokens: shareOf(PROMPT_TOKENS, stageCount, index),
        completion_tokens: shareOf(TOKENS_PER_RECORD - PROMPT_TOKENS, stageCount, index),
        cost: shareOf(MICRO_USD_PER_RECORD, stageCount, index) / 1e6,
      },
    },
  }));
  return JSON.stringify({ run_id: id, workflow_id: 'torture', status: 'completed', stages });
}

/** The first gets what is left over. */
function shareOf(total, parts, index) {
  const part = Math.floor(total / parts);
  return index === 0 ? total - part * (parts - 1) : part;
}

/** A plan that differs from every other by its number of calls. */
export function planText(number) {
  return JSON.stringify({
    stage: 'all',
    selected_chunk_ids: Array.from({ length: number % 30 }, (_, index) => `chunk-${index}`),
    per_workflow: [{ workflow_id: 'torture', calls: number, prompt_words_estimate: 900 }],
    total_provider_calls_estimate: number,
    total_prompt_tokens_estimate: PROMPT_TOKENS,
    estimated_cost_usd: 0.05,
  });
}

/** An entry of `usage.yaml` as the earlier Python tool made it, of one record a workflow. */
export function foreignEntry(runIndex, ids) {
  const sums = {
    prompt_tokens: PROMPT_TOKENS * ids.length,
    completion_tokens: (TOKENS_PER_RECORD - PROMPT_TOKENS) * ids.length,
    total_tokens: TOKENS_PER_RECORD * ids.length,
  };
  return {
    run_index: runIndex,
    started_at: null,
    completed_at: '2026-05-17T18:06:19.000000+00:00',
    duration_seconds: 53.71,
    snapshot_id: null,
    workflows: ids.map((id) => ({ run_id: id, workflow_id: 'torture', status: 'completed', stage_count: 1 })),
    rollup: {
      total_calls: ids.length,
      total_prompt_tokens: sums.prompt_tokens,
      total_completion_tokens: sums.completion_tokens,
      total_tokens: sums.total_tokens,
      total_cost_usd_known: (MICRO_USD_PER_RECORD * ids.length) / 1e6,
      total_cost_usd_estimated: null,
    },
    per_bucket: [
      {
        workflow_id: 'torture',
        stage_id: 'entwürfe',
        provider: 'somewhere',
        model: 'test/model',
        calls: ids.length,
        ...sums,
        cost_usd_known: (MICRO_USD_PER_RECORD * ids.length) / 1e6,
        cost_usd_estimated: null,
        cost_status: 'known',
        cost_estimated_for_calls: 0,
      },
    ],
  };
}
