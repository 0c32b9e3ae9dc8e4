import { recordPlan } from '../record-plan.js';
import { recordRun } from '../record-run.js';
import { writeYaml } from '../yaml/write-yaml.js';
import { foreignRun } from './foreign-run.js';
import { fuzzWorkspace } from './fuzz-workspace.js';
import { asYaml, RATES, runRecord, stage } from './run-records.js';
import { type Tree, treeOf } from './tree.js';

const BUDGET = 'output/budget';
export const INFOSPACE = 'infospaces/demo';

/** Every kind of file that is read, by its name within a workspace. */
export const files = {
  usage: `${INFOSPACE}/${BUDGET}/usage.yaml`,
  plans: `${INFOSPACE}/${BUDGET}/plans.yaml`,
  summary: `${INFOSPACE}/${BUDGET}/summary.yaml`,
  scannedRecord: `${INFOSPACE}/output/workflows/runs/new.yaml`,
  namedRecord: 'given/record.yaml',
  namedJsonRecord: 'given/record.json',
  plan: 'given/plan.yaml',
  jsonPlan: 'given/plan.json',
  settings: `${INFOSPACE}/budget.yaml`,
  rates: 'model-rates.yaml',
} as const;

export const clock = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };

const record = (id: string): Record<string, unknown> =>
  runRecord(id, [stage('a'), stage('b', { prompt_tokens: 10, completion_tokens: 4, cost: 0.5 }, 'test/ü "x"')]);

const PLAN = {
  stage: 'all',
  selected_chunk_ids: ['c1', 'c2'],
  total_provider_calls_estimate: 4,
  total_prompt_tokens_estimate: 1600,
  estimated_cost_usd: 0.0042,
  per_workflow: [{ workflow_id: 'summarise', calls: 4, prompt_words_estimate: 900 }],
  models: [{ provider: 'openrouter', model: 'test/rated', calls: 4, prompt_tokens: 1600, completion_tokens: 400 }],
};

/** Only files that are right: two plans, an entry by the earlier tool and one by us, and a run that is not recorded. */
export async function validWorkspace(): Promise<Tree> {
  const { directory, infospace, reset, remove } = fuzzWorkspace();
  try {
    reset({
      [files.rates]: RATES,
      [files.settings]: 'schema_version: 1\nbudget: {max_usd: 5, warn_usd: 4}\nretention: 0\n',
      [files.usage]: writeYaml({ schema_version: 1, runs: [foreignRun(1, 'by others')] }),
    });
    await recordPlan({ infospace, clock, plan: { ...PLAN, stage: 'one' } });
    await recordPlan({ infospace, clock, plan: PLAN });
    await recordRun({ infospace, clock, records: [runRecord('recorded', [stage('a')])] });
    const given = {
      [files.scannedRecord]: asYaml(record('new')),
      [files.namedRecord]: asYaml(record('named')),
      [files.namedJsonRecord]: JSON.stringify(record('named as JSON'), null, 1),
      [files.plan]: asYaml({ ...PLAN, max_calls: 9 }),
      [files.jsonPlan]: JSON.stringify({ ...PLAN, max_calls: 10 }),
    };
    const latin1 = Object.entries(given).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]);
    return { ...treeOf(directory), ...Object.fromEntries(latin1) };
  } finally {
    remove();
  }
}
