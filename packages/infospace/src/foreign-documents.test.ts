import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { readInfospace } from './inspect-infospace.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { count, seed, text, value } from './testing/hostile-values.js';
import { askPyYaml, python, spell } from './testing/pyyaml.js';
import { temporaryDirectory, write } from './testing/temporary.js';
import { readYaml } from './yaml/read-yaml.js';
import type { YamlMap } from './yaml/scalars.js';

const rounds = Math.ceil(count / 20);
const unknownFields = fc.dictionary(
  text.filter(
    (key) => !['runs', 'snapshots', 'schema_version', 'run_id', 'end_of_run', 'totals_to_date'].includes(key),
  ),
  value,
  { maxKeys: 4, noNullPrototype: false },
);

/** An entry as the earlier tool wrote it, whole, with fields that it never had. */
const foreignRun = fc.record({ unknown: unknownFields, id: text, calls: fc.nat(50) }).map(({ unknown, id, calls }) => ({
  ...unknown,
  run_index: 1,
  snapshot_id: id,
  workflows: [{ run_id: id, workflow_id: id, status: 'completed', stage_count: calls }],
  rollup: {
    total_calls: calls,
    total_prompt_tokens: calls * 3,
    total_completion_tokens: calls,
    total_tokens: calls * 4,
    total_cost_usd_known: 0.5,
    total_cost_usd_estimated: null,
  },
  per_bucket: [
    {
      workflow_id: id,
      calls,
      prompt_tokens: calls * 3,
      completion_tokens: calls,
      total_tokens: calls * 4,
      cost_usd_known: 0.5,
      cost_usd_estimated: null,
      cost_status: 'known',
      cost_estimated_for_calls: 0,
      ...unknown,
    },
  ],
}));

const styles = [{}, { default_flow_style: true }, { indent: 4 }, { width: 30 }, { default_style: "'" }];
const dump = (documents: readonly unknown[]): string[] =>
  askPyYaml(
    documents.map((document, index) => ({ dump: spell(document), options: styles[index % styles.length] as object })),
  ).map(({ text: dumped, error }) => dumped ?? expect.fail(error));

describe.skipIf(python === undefined)(
  'files that PyYAML wrote (needs a python3 with yaml)',
  { timeout: 600_000 },
  () => {
    it(`usage is continued with nothing lost, and PyYAML reads all of it (seed ${seed})`, async () => {
      const samples = fc.sample(fc.tuple(fc.array(foreignRun, { maxLength: 3 }), unknownFields, text, text), {
        seed,
        numRuns: rounds,
      });
      const texts = dump(samples.map(([runs, unknown]) => ({ schema_version: 1, ...unknown, runs })));
      const continued: string[] = [];
      for (const [index, [, , id, stageId]] of samples.entries()) {
        const infospace = temporaryDirectory();
        const { usage } = infospacePaths(infospace);
        write(infospace, 'output/budget/usage.yaml', texts[index] as string);
        const records = [
          {
            run_id: `new ${id}`,
            workflow_id: id,
            stages: [{ stage_id: stageId, provider: 'p', metadata: { model: id } }],
          },
        ];
        await recordRun({ infospace, records });
        continued.push(readFileSync(usage, 'utf8'));
      }
      const answers = askPyYaml(continued.map((load) => ({ load })));
      samples.forEach(([runs, unknown, id, stageId], index) => {
        const read = readYaml(continued[index] as string, 'usage.yaml') as YamlMap & { runs: YamlMap[] };
        expect(answers[index]?.value, answers[index]?.error ?? continued[index]).toEqual(spell(read));
        expect(spell({ ...read, runs: read.runs.slice(0, -1) })).toEqual(
          spell({ schema_version: 1, ...unknown, runs }),
        );
        expect(read.runs.at(-1)).toMatchObject({
          workflows: [{ run_id: `new ${id}`, workflow_id: id }],
          per_bucket: [{ workflow_id: id, stage_id: stageId, model: id }],
        });
      });
    });

    it(`plans are continued with nothing lost, and a plan keeps its values (seed ${seed})`, async () => {
      const samples = fc.sample(fc.tuple(fc.array(unknownFields, { maxLength: 3 }), unknownFields, value), {
        seed,
        numRuns: rounds,
      });
      const texts = dump(samples.map(([snapshots, unknown]) => ({ ...unknown, schema_version: 1, snapshots })));
      const continued: string[] = [];
      for (const [index, [, , given]] of samples.entries()) {
        const infospace = temporaryDirectory();
        write(infospace, 'output/budget/plans.yaml', texts[index] as string);
        await recordPlan({ infospace, plan: { stage: given, per_workflow: [given] } });
        continued.push(readFileSync(infospacePaths(infospace).plans, 'utf8'));
      }
      const answers = askPyYaml(continued.map((load) => ({ load })));
      samples.forEach(([snapshots, unknown, given], index) => {
        const read = readYaml(continued[index] as string, 'plans.yaml') as YamlMap & { snapshots: YamlMap[] };
        expect(answers[index]?.value, answers[index]?.error ?? continued[index]).toEqual(spell(read));
        const { pruned, pruned_count, snapshots: written, ...others } = read;
        const { pruned: _, pruned_count: _count, ...kept } = unknown as YamlMap;
        expect(spell(others)).toEqual(spell({ ...kept, schema_version: 1 }));
        expect(spell(written.slice(0, -1))).toEqual(spell(snapshots));
        expect(spell(written.at(-1)?.['stage'])).toEqual(spell(given));
        expect(spell(written.at(-1)?.['per_workflow'])).toEqual(spell([given]));
      });
    });
  },
);

it('an entry by others may hold anything where names are expected', async () => {
  const infospace = temporaryDirectory();
  // Not the last entry, which would be taken for torn.
  const odd = '{run_index: 1, per_bucket: [{calls: 1, price_versions: [{}, [], v1, 2]}]}';
  write(infospace, 'output/budget/usage.yaml', `{runs: [${odd}, {run_index: 2}]}\n`);
  const { recentRuns } = await readInfospace(infospace, { recentRuns: 2 });
  expect(recentRuns[0]?.perBucket[0]?.priceVersions).toEqual(['v1', '2']);
});
