import type { Choices } from '@budget/test-tools';
import fc from 'fast-check';
import { text } from './hostile-values.js';
import { runRecord, stage } from './run-records.js';

/** What was used, added up beside the product. Costs are 10^-9 USD. */
export interface Sums {
  calls: number;
  promptTokens: number;
  completionTokens: number;
  costNanoUsdKnown: bigint;
  costNanoUsdEstimated: bigint;
}

export const noSums = (): Sums => ({
  calls: 0,
  promptTokens: 0,
  completionTokens: 0,
  costNanoUsdKnown: 0n,
  costNanoUsdEstimated: 0n,
});

interface Workflow {
  readonly runId: string;
  readonly workflowId: string;
  readonly stages: ReturnType<typeof stage>[];
}

/**
 * Run records under hostile names, one at each call: some are new, some are of a workflow that went on. What their new
 * stages use is added to `sums`.
 */
export function growingWorkflows(choices: Choices, sums: Sums): () => Record<string, unknown> {
  const names = fc.sample(
    text.filter(({ length }) => length < 100),
    { seed: choices.between(0, 2 ** 31 - 1), numRuns: 300 },
  );
  const workflows: Workflow[] = [];

  function newWorkflow(): Workflow {
    const runId = `${workflows.length} ${choices.oneOf(names)}`;
    const workflow = { runId, workflowId: choices.oneOf(names), stages: [] };
    workflows.push(workflow);
    return workflow;
  }

  function newStage(): ReturnType<typeof stage> {
    const [prompt, completion] = [choices.between(0, 10 ** 6), choices.between(0, 10 ** 6)];
    const reported = choices.chance(0.5) ? choices.between(1, 10 ** 9 - 1) : null;
    sums.calls += 1;
    sums.promptTokens += prompt;
    sums.completionTokens += completion;
    // The rates of `RATES`: 0.0015 and 0.006 USD per thousand tokens.
    if (reported === null) sums.costNanoUsdEstimated += BigInt(prompt * 1500 + completion * 6000);
    else sums.costNanoUsdKnown += BigInt(reported);
    const cost = reported === null ? {} : { cost: `0.${String(reported).padStart(9, '0')}` };
    return stage(choices.oneOf(names), { prompt_tokens: prompt, completion_tokens: completion, ...cost });
  }

  return () => {
    const workflow = workflows.length > 0 && choices.chance(0.3) ? choices.oneOf(workflows) : newWorkflow();
    for (let left = choices.chance(0.2) ? 3 : 1; left > 0; left--) workflow.stages.push(newStage());
    return runRecord(workflow.runId, [...workflow.stages], workflow.workflowId);
  };
}
