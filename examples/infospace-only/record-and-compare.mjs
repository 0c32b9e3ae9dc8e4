// A program plans to write two summaries, writes them, and compares what they cost with the plan.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatUsd, listWorkspace, readInfospace, recordPlan, recordRun, varianceLine } from '@budget/infospace';

// What the providers answered, as far as it is of interest here: the model and the tokens that were used.
const draft = {
  provider: 'acme',
  metadata: { model: 'acme-large', usage: { prompt_tokens: 1000, completion_tokens: 400 } },
};
const review = {
  provider: 'acme',
  metadata: { model: 'acme-small', usage: { prompt_tokens: 1400, completion_tokens: 50 } },
};
// This one also reported its cost, which then counts instead of any price.
const title = {
  provider: 'openrouter',
  metadata: { model: 'openai/gpt-5-mini', usage: { prompt_tokens: 90, completion_tokens: 12, cost: 0.0002 } },
};

const workspace = await mkdtemp(join(tmpdir(), 'budget-example-'));
const infospace = join(workspace, 'infospaces', 'summaries');
await mkdir(infospace, { recursive: true });

// Prices of models that only we know. Those of the well-known ones come with the package.
await writeFile(
  join(workspace, 'model-rates.yaml'),
  `rates:
  acme-large: { prompt_per_1k: 0.002, completion_per_1k: 0.01, currency: USD }
  acme-small: { prompt_per_1k: 0.0001, completion_per_1k: 0.0004, currency: USD }
`,
);

// 1. What we expect to spend.
const { snapshot } = await recordPlan({
  infospace,
  plan: {
    stage: 'all',
    total_provider_calls_estimate: 4,
    total_prompt_tokens_estimate: 4000,
    total_completion_tokens_estimate: 1000,
    estimated_cost_usd: 0.0126,
    cost_cap: 0.02,
    per_stage: [
      { workflow_id: 'summarise', stage_id: 'draft', calls: 2, prompt_tokens: 2000, completion_tokens: 900 },
      { workflow_id: 'summarise', stage_id: 'review', calls: 2, prompt_tokens: 2000, completion_tokens: 100 },
    ],
  },
});
console.log(`Plan ${snapshot.snapshotId} ${snapshot.exceedsCostCap ? 'exceeds' : 'is within'} its cost cap.`);

// 2. What we spent, handed over by the program itself.
const first = {
  run_id: 'monday',
  workflow_id: 'summarise',
  status: 'completed',
  stages: [
    { stage_id: 'draft', ...draft },
    { stage_id: 'review', ...review },
  ],
};
report(await recordRun({ infospace, records: [first], durationSeconds: 3.2 }));

// 3. The same from a file, as a workflow engine leaves it.
const second = {
  run_id: 'tuesday',
  workflow_id: 'summarise',
  status: 'completed',
  stages: [
    { stage_id: 'draft', ...draft },
    { stage_id: 'title', ...title },
  ],
};
const runRecords = join(infospace, 'output', 'workflows', 'runs');
await mkdir(runRecords, { recursive: true });
await writeFile(join(runRecords, 'tuesday.json'), JSON.stringify(second));
report(await recordRun({ infospace, runs: [join(runRecords, 'tuesday.json')] }));

// 4. Recording is safe to repeat: what is known is not counted twice. Without `runs` it takes the whole directory.
report(await recordRun({ infospace }));

// 5. Where the project stands, and all projects beside it.
const { slug, totals, recentRuns } = await readInfospace(infospace, { recentRuns: 10 });
console.log(`${slug}: ${totals.calls} calls, ${totals.totalTokens} tokens, $${spent(totals)}`);
for (const { stageId, model, costStatus } of recentRuns.flatMap((run) => run.perBucket)) {
  console.log(`  ${stageId} by ${model}: cost ${costStatus}`);
}
for (const row of await listWorkspace(workspace)) {
  console.log(`${row.slug}: ${row.plansCount} plan, ${row.totals.runs} runs, $${spent(row.totals)}`);
}
console.log(`Files: ${infospace}`);

/** @param {import('@budget/infospace').RecordRunResult} result */
function report({ run, variance, alreadyRecorded, warnings }) {
  for (const warning of warnings) console.warn(warning);
  if (run === null || variance === null) {
    console.log(`Nothing new: ${alreadyRecorded} record was known.`);
    return;
  }
  for (const { message } of run.priceWarnings) console.warn(message);
  console.log(`Run ${run.runIndex}. ${varianceLine(variance)}`);
  for (const { stageId, calls, costNanoUsdActual } of variance.perStage) {
    console.log(`  ${stageId}: ${calls.actual} of ${calls.estimated ?? 0} calls, $${formatUsd(costNanoUsdActual)}`);
  }
}

/** @param {import('@budget/infospace').UsageTotals} totals */
function spent({ costNanoUsdKnown, costNanoUsdEstimated }) {
  return formatUsd(costNanoUsdKnown + costNanoUsdEstimated);
}
