import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { readTextIfThere } from './storage/files.js';
import { seed, text } from './testing/hostile-values.js';
import { startPython } from './testing/python-session.js';
import { python, spell } from './testing/pyyaml.js';
import { runRecord, stage } from './testing/run-records.js';
import { temporaryDirectory, write } from './testing/temporary.js';
import { asFloat } from './yaml/scalars.js';

// Long form: BUDGET_ALTERNATIONS=2000 npx vitest run src/alternating.test.ts (BUDGET_FUZZ_SEED repeats one).
const TURNS = Number(process.env['BUDGET_ALTERNATIONS'] ?? 200);

const turn = fc.record({ ours: fc.boolean(), id: text, tokens: fc.nat(1000), goesOn: fc.boolean() });
type Turn = { readonly ours: boolean; readonly id: string; readonly tokens: number; readonly goesOn: boolean };
const turns = fc.sample(turn, { seed, numRuns: TURNS });

/** An entry in the shape of the earlier tool. */
function theirEntry({ id, tokens }: Turn, index: number) {
  const figures = { calls: 1, prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens };
  return {
    run_index: index,
    started_at: null,
    completed_at: '2026-11-22T01:49:58.082000+00:00',
    duration_seconds: asFloat(1.5),
    snapshot_id: id,
    workflows: [{ run_id: `${id}/${index}`, workflow_id: 'theirs', status: id, stage_count: 1 }],
    rollup: {
      total_calls: 1,
      total_prompt_tokens: tokens,
      total_completion_tokens: 0,
      total_tokens: tokens,
      total_cost_usd_known: asFloat(0.25),
      total_cost_usd_estimated: null,
    },
    per_bucket: [
      {
        workflow_id: 'theirs',
        stage_id: 'draft',
        provider: 'openrouter',
        model: id,
        ...figures,
        cost_usd_known: asFloat(0.25),
        cost_usd_estimated: null,
        cost_status: 'known',
        cost_estimated_for_calls: 0,
      },
    ],
  };
}

it.skipIf(python === undefined)(
  `a file continued by the earlier tool and by ours in turns, ${TURNS} times at random, keeps every value (seed ${seed})`,
  { timeout: 60_000 + TURNS * 2000 },
  async () => {
    const infospace = temporaryDirectory();
    const { usage } = infospacePaths(infospace);
    const session = startPython();
    const textOf = async (): Promise<string> => (await readTextIfThere(usage, { advice: '' })) ?? '';
    const stagesOf = new Map<string, number>();
    let known: string[] = [];
    let tokens = 0;
    for (const [number, { ours, id, tokens: more, goesOn }] of turns.entries()) {
      const before = await textOf();
      tokens += more;
      if (ours) {
        // A new workflow, or one that was recorded before and has gained a stage.
        const name = goesOn ? ([...stagesOf.keys()].at(number % Math.max(1, stagesOf.size)) ?? id) : `${id}-${number}`;
        const count = (stagesOf.get(name) ?? 0) + 1;
        stagesOf.set(name, count);
        const stages = Array.from({ length: count }, () => stage(id, { prompt_tokens: more, cost: 0.25 }, id));
        const { run } = await recordRun({ infospace, records: [runRecord(name, stages)] });
        expect(run?.rollup).toMatchObject({ totalCalls: 1, totalTokens: more });
      } else {
        const added = await session.add(
          spell(theirEntry({ ours, id, tokens: more, goesOn }, number + 1)),
          before,
          'runs',
        );
        expect(added.digests, `turn ${number}`).toEqual(known);
        writeFileSync(write(infospace, 'output/budget/usage.yaml', ''), added.text);
      }
      const after = await textOf();
      if (ours && before !== '' && after.startsWith(before)) {
        // What stands before is the same text; only the new entry is to be read.
        known.push(...(await session.digests(`runs:\n${after.slice(before.length)}`, 'runs')));
      } else {
        const digests = await session.digests(after, 'runs');
        expect(digests.slice(0, -1), `turn ${number}`).toEqual(known);
        known = digests;
      }
    }
    expect(await session.digests(await textOf(), 'runs')).toEqual(known);
    session.stop();
    const { totals, recentRuns } = await readInfospace(infospace, { recentRuns: Number.POSITIVE_INFINITY });
    expect(recentRuns.map(({ runIndex }) => runIndex)).toEqual(turns.map((_, index) => index + 1));
    expect(totals).toMatchObject({ runs: TURNS, calls: TURNS, totalTokens: tokens, unpricedCalls: 0 });
    expect(totals.costNanoUsdKnown).toBe(250_000_000n * BigInt(TURNS));
  },
);

it.skipIf(python === undefined)(`so do plans (seed ${seed})`, { timeout: 120_000 }, async () => {
  const infospace = temporaryDirectory();
  write(infospace, 'budget.yaml', 'retention: 0\n');
  const { plans } = infospacePaths(infospace);
  const session = startPython();
  let known: string[] = [];
  for (const [number, { ours, id, tokens }] of turns.slice(0, 60).entries()) {
    const before = (await readTextIfThere(plans, { advice: '' })) ?? '';
    if (ours) {
      const plan = { stage: id, total_provider_calls_estimate: number, estimated_cost_usd: tokens / 8 };
      await recordPlan({ infospace, plan });
    } else {
      const entry = { snapshot_id: `86e5014${number}`, recorded_at: id, stage: id, cost_cap: asFloat(tokens) };
      const added = await session.add(spell(entry), before, 'snapshots');
      expect(added.digests, `turn ${number}`).toEqual(known);
      writeFileSync(write(infospace, 'output/budget/plans.yaml', ''), added.text);
    }
    const digests = await session.digests(readFileSync(plans, 'utf8'), 'snapshots');
    expect(digests.slice(0, -1), `turn ${number}`).toEqual(known);
    known = digests;
  }
  session.stop();
});
