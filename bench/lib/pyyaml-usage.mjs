import { pyFloat, pyNullable, pyText, pyTime } from './pyyaml-text.mjs';
import { randomFrom } from './random.mjs';

const FIRST_RUN_MS = Date.UTC(2025, 2, 1, 8);
const RUN_EVERY_MS = 3 * 3_600_000 + 17_321;
const RUNS_PER_PLAN = 10;
const STAGES = ['draft', 'review', 'final'];
const WORKFLOWS = ['web-survey', 'summarise', 'make-quiz', 'grade', 'translate-chapter'];
const NANO_PER_MICRO = 1000;

/** `source`: who knew the cost, so `known`, `estimated`, or `unknown`. */
const MODELS = [
  { provider: 'openrouter', model: 'anthropic/claude-3.5-haiku', source: 'known', microsPerToken: 1.6 },
  { provider: 'openrouter', model: 'google/gemini-2.5-flash-lite', source: 'known', microsPerToken: 0.02 },
  { provider: 'openai', model: 'gpt-5-mini', source: 'estimated', microsPerToken: 0.9 },
  { provider: 'anthropic', model: 'claude-sonnet-4-5', source: 'estimated', microsPerToken: 6 },
  { provider: 'groq', model: 'compound-beta', source: 'unknown', microsPerToken: 0 },
  { provider: 'openai', model: '', source: 'unknown', microsPerToken: 0 },
];

/**
 * A `usage.yaml` as the earlier Python tool wrote it, of runs with three buckets, and what `budget list` must say of it:
 * `{ text, row }`. The same seed gives the same file.
 */
export function pyyamlUsage(seed, runCount) {
  const random = randomFrom(seed);
  const entries = [];
  const row = { runs_count: 0, total_tokens: 0, cost_nano_usd_known: 0, cost_nano_usd_estimated: 0, unpriced_calls: 0 };
  let snapshotId = null;
  for (let index = 1; index <= runCount; index += 1) {
    if (index % RUNS_PER_PLAN === 2) snapshotId = hexadecimal(random, 12);
    const run = createRun(random, index, snapshotId);
    entries.push(runText(run));
    row.runs_count += 1;
    row.total_tokens += sum(run.buckets, 'tokens');
    row.cost_nano_usd_known += sum(run.buckets, 'knownMicros') * NANO_PER_MICRO;
    row.cost_nano_usd_estimated += sum(run.buckets, 'estimatedMicros') * NANO_PER_MICRO;
    row.unpriced_calls += sum(run.buckets, 'unpricedCalls');
    row.last_run_at = run.completedAt;
  }
  return { text: `schema_version: 1\nruns:\n${entries.join('')}`, row };
}

function createRun(random, index, snapshotId) {
  const time = new Date(FIRST_RUN_MS + index * RUN_EVERY_MS);
  const day = time.toISOString().slice(0, 10);
  const workflows = [random.oneOf(WORKFLOWS), random.oneOf(WORKFLOWS)].map((workflowId, position) => ({
    runId: `${day}-${String(index * 2 + position).padStart(5, '0')}`,
    workflowId,
    status: random.below(20) === 0 ? 'failed' : 'completed',
    stageCount: 3,
  }));
  return {
    index,
    completedAt: time.toISOString().replace('Z', `${String(random.below(1000)).padStart(3, '0')}+00:00`),
    durationCentiseconds: random.below(8) === 0 ? null : random.between(200, 90_000),
    snapshotId,
    workflows,
    buckets: STAGES.map((stageId, position) => createBucket(random, workflows[position % 2].workflowId, stageId)),
  };
}

function createBucket(random, workflowId, stageId) {
  const { provider, model, source, microsPerToken } = random.oneOf(MODELS);
  const calls = random.between(1, 12);
  const promptTokens = calls * random.between(40, 9_000);
  const completionTokens = calls * random.between(5, 1_500);
  const tokens = promptTokens + completionTokens;
  const micros = Math.round(tokens * microsPerToken);
  return {
    ...{ workflowId, stageId, provider, model, source, calls, promptTokens, completionTokens, tokens },
    knownMicros: source === 'known' ? micros : 0,
    estimatedMicros: source === 'estimated' ? micros : 0,
    unpricedCalls: source === 'unknown' ? calls : 0,
  };
}

function runText(run) {
  const { buckets } = run;
  const estimatedMicros = sum(buckets, 'estimatedMicros');
  return `- run_index: ${run.index}
  started_at: null
  completed_at: ${pyTime(run.completedAt)}
  duration_seconds: ${pyNullable(run.durationCentiseconds, (duration) => pyFloat(duration, 2))}
  snapshot_id: ${pyNullable(run.snapshotId, pyText)}
  workflows:
${run.workflows.map(workflowText).join('')}  rollup:
    total_calls: ${sum(buckets, 'calls')}
    total_prompt_tokens: ${sum(buckets, 'promptTokens')}
    total_completion_tokens: ${sum(buckets, 'completionTokens')}
    total_tokens: ${sum(buckets, 'tokens')}
    total_cost_usd_known: ${pyFloat(sum(buckets, 'knownMicros'), 6)}
    total_cost_usd_estimated: ${estimatedMicros === 0 ? 'null' : pyFloat(estimatedMicros, 6)}
  per_bucket:
${buckets.map(bucketText).join('')}`;
}

function workflowText({ runId, workflowId, status, stageCount }) {
  return `  - run_id: ${pyText(runId)}
    workflow_id: ${pyText(workflowId)}
    status: ${status}
    stage_count: ${stageCount}
`;
}

function bucketText(bucket) {
  const isEstimated = bucket.source === 'estimated';
  return `  - workflow_id: ${pyText(bucket.workflowId)}
    stage_id: ${pyText(bucket.stageId)}
    provider: ${pyText(bucket.provider)}
    model: ${pyText(bucket.model)}
    calls: ${bucket.calls}
    prompt_tokens: ${bucket.promptTokens}
    completion_tokens: ${bucket.completionTokens}
    total_tokens: ${bucket.tokens}
    cost_usd_known: ${pyFloat(bucket.knownMicros, 6)}
    cost_usd_estimated: ${isEstimated ? pyFloat(bucket.estimatedMicros, 6) : 'null'}
    cost_status: ${bucket.source}
    cost_estimated_for_calls: ${isEstimated ? bucket.calls : 0}
`;
}

function hexadecimal(random, length) {
  return Array.from({ length }, () => random.below(16).toString(16)).join('');
}

function sum(rows, field) {
  return rows.reduce((total, row) => total + row[field], 0);
}
