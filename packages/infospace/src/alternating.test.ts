import { type Choices, choicesFrom } from '@budget/test-tools';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace, readPlans } from './inspect-infospace.js';
import { listWorkspace } from './list-workspace.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { foreignRun } from './testing/foreign-run.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { growingWorkflows, noSums, type Sums } from './testing/growing-workflows.js';
import { count, seed, text } from './testing/hostile-values.js';
import { type PythonChild, pythonChild } from './testing/python-child.js';
import { python } from './testing/pyyaml.js';
import { RATES } from './testing/run-records.js';
import { files } from './testing/valid-workspace.js';

// Long form, twenty times two hundred turns: BUDGET_FUZZ_COUNT=300000 npx vitest run src/alternating.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed>; the seed of each round stands in its name.
const TURNS = 200;
const seeds = Array.from({ length: Math.ceil(count / 15_000) }, (_, round) => seed + round);

/** Digests of what PyYAML reads, equal only where every value and its type are. */
interface Read {
  readonly entries: readonly string[];
  readonly others: string;
  readonly sums?: object;
}

interface Alternation {
  readonly path: string;
  readonly list: 'runs' | 'snapshots';
  readonly ours: () => Promise<unknown>;
  readonly theirs: (number: number) => object;
}

let earlierTool: PythonChild;
let workspace: FuzzWorkspace;
beforeAll(() => {
  earlierTool = pythonChild('earlier-tool.py');
});
afterAll(() => earlierTool.end());
beforeEach(() => {
  workspace = fuzzWorkspace();
  workspace.reset({ [files.rates]: RATES, [files.settings]: 'retention: 0\n' });
});
afterEach(() => workspace.remove());

/** At random one or the other adds an entry; after every turn PyYAML reads all earlier ones as before. */
async function alternate(choices: Choices, { path, list, ours, theirs }: Alternation): Promise<Read> {
  let read = await earlierTool.ask<Read>({ path, list });
  for (let turn = 1; turn <= TURNS; turn++) {
    const isOurs = choices.chance(0.5);
    if (isOurs) await ours();
    else await earlierTool.ask({ path, list, append: theirs(turn) });
    const found = await earlierTool.ask<Read>({ path, list });
    expect(found.entries).toHaveLength(turn);
    expect(found.entries.slice(0, -1), `after turn ${turn}, ${isOurs ? 'ours' : 'theirs'}`).toEqual(read.entries);
    read = found;
  }
  // The fast reader is written in another language; the slow one is what people use.
  const { entries, others } = await earlierTool.ask<Read>({ path, list, slowly: true });
  expect({ entries, others }).toEqual({ entries: read.entries, others: read.others });
  return read;
}

/** An entry by the earlier tool, with figures of its own. */
function theirRun(choices: Choices, sums: Sums, runIndex: number): object {
  const buckets = Array.from({ length: choices.chance(0.2) ? 3 : 1 }, () => ({
    calls: choices.between(1, 9),
    promptTokens: choices.between(0, 10 ** 6),
    completionTokens: choices.between(0, 10 ** 6),
    // Eighths are exact in binary.
    costUsdKnown: choices.between(0, 80) / 8,
    costUsdEstimated: choices.chance(0.5) ? choices.between(1, 80) / 8 : null,
  }));
  for (const { calls, promptTokens, completionTokens, costUsdKnown, costUsdEstimated } of buckets) {
    sums.calls += calls;
    sums.promptTokens += promptTokens;
    sums.completionTokens += completionTokens;
    sums.costNanoUsdKnown += BigInt(costUsdKnown * 10 ** 9);
    sums.costNanoUsdEstimated += BigInt((costUsdEstimated ?? 0) * 10 ** 9);
  }
  return foreignRun(runIndex, `by others ${runIndex}`, buckets);
}

describe.skipIf(python === undefined)(
  `a file continued by the earlier tool and by us in turns, ${TURNS} times at random, keeps every value`,
  { timeout: 300_000 },
  () => {
    it.each(seeds)('usage.yaml (seed %i)', async (roundSeed) => {
      const choices = choicesFrom(roundSeed);
      const { infospace, directory } = workspace;
      const sums = noSums();
      const nextRecord = growingWorkflows(choices, sums);
      const read = await alternate(choices, {
        path: infospacePaths(infospace).usage,
        list: 'runs',
        ours: async () => expect((await recordRun({ infospace, records: [nextRecord()] })).run).not.toBeNull(),
        theirs: (runIndex) => theirRun(choices, sums, runIndex),
      });
      const totalTokens = sums.promptTokens + sums.completionTokens;
      const { totals } = await readInfospace(infospace);
      const none = { unpricedCalls: 0, meteredCalls: 0, meteredCostNanoUsd: 0n };
      expect(totals).toEqual({ ...sums, totalTokens, runs: TURNS, ...none });
      expect((await listWorkspace(directory))[0]?.totals).toEqual(totals);
      expect(read.sums).toEqual({
        total_calls: sums.calls,
        total_prompt_tokens: sums.promptTokens,
        total_completion_tokens: sums.completionTokens,
        total_tokens: totalTokens,
        known: String(sums.costNanoUsdKnown),
        estimated: String(sums.costNanoUsdEstimated),
      });
    });

    it.each(seeds)('plans.yaml (seed %i)', async (roundSeed) => {
      const choices = choicesFrom(roundSeed);
      const { infospace } = workspace;
      const names = fc.sample(text, { seed: roundSeed, numRuns: TURNS });
      const plan = (number: number): object => ({
        stage: choices.oneOf(names),
        selected_chunk_ids: [choices.oneOf(names), choices.oneOf(names)],
        total_provider_calls_estimate: number,
        estimated_cost_usd: choices.between(0, 1000) / 1000,
        per_workflow: [{ workflow_id: choices.oneOf(names), calls: number, [choices.oneOf(names)]: number / 3 }],
      });
      let number = 0;
      await alternate(choices, {
        path: infospacePaths(infospace).plans,
        list: 'snapshots',
        ours: async () => await recordPlan({ infospace, plan: plan(number++) }),
        theirs: (turn) => ({ snapshot_id: `theirs ${turn}`, recorded_at: '2026-01-01T00:00:00Z', ...plan(number++) }),
      });
      expect((await readPlans(infospace)).plans).toHaveLength(TURNS);
    });
  },
);
