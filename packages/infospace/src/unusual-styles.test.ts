import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { continuePlans, continueUsage } from './testing/continuing.js';
import { anyForeignRun, unknownFields } from './testing/foreign-run.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { count, seed, text, value } from './testing/hostile-values.js';
import { type PythonChild, pythonChild } from './testing/python-child.js';
import { type Answer, python, spell } from './testing/pyyaml.js';
import { inStyle, style } from './testing/random-style.js';
import { RATES } from './testing/run-records.js';
import type { Tree } from './testing/tree.js';
import { clock, files } from './testing/valid-workspace.js';
import { asFloat } from './yaml/scalars.js';
import { writeYaml } from './yaml/write-yaml.js';

// Long form, five times 7,500 files: BUDGET_FUZZ_COUNT=300000 npx vitest run src/unusual-styles.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed> and the same count.
const cases = Math.ceil(count / 40);
const options = { seed, numRuns: cases };

let workspace: FuzzWorkspace;
let pyyaml: PythonChild;
beforeAll(() => {
  workspace = fuzzWorkspace();
  pyyaml = pythonChild('pyyaml.py');
});
afterAll(() => {
  workspace.remove();
  pyyaml.end();
});
function reset(texts: Tree = {}): void {
  const all = { [files.rates]: RATES, [files.settings]: 'retention: 0\n', ...texts };
  workspace.reset(
    Object.fromEntries(Object.entries(all).map(([name, content]) => [name, Buffer.from(content).toString('latin1')])),
  );
}

const usageDocument = fc
  .tuple(unknownFields, fc.array(anyForeignRun, { maxLength: 3 }), fc.boolean())
  .map(([unknown, entries, isFirst]) => {
    const runs = entries.map((entry, index) => ({ ...entry, run_index: index + 1 }));
    return isFirst ? { runs, ...unknown, schema_version: 1 } : { schema_version: 1, ...unknown, runs };
  });

const plansDocument = fc
  .tuple(unknownFields, fc.array(fc.tuple(text, unknownFields), { maxLength: 3 }))
  .map(([unknown, entries]) => ({
    schema_version: 1,
    pruned_count: 0,
    ...unknown,
    snapshots: entries.map(([id, fields]) => ({ snapshot_id: `by others ${id}`, recorded_at: '2026', ...fields })),
  }));

describe.skipIf(python === undefined)(
  `in any style that YAML allows (seed ${seed})`,
  { timeout: 60_000 + cases * 1000 },
  () => {
    it(`usage.yaml is continued with nothing lost: ${cases} files`, async () => {
      await fc.assert(
        fc.asyncProperty(usageDocument, style, async (document, given) => {
          reset();
          const styled = inStyle(document, given);
          expect((await pyyaml.ask<Answer>({ load: styled })).value).toEqual(spell(document));
          await continueUsage(pyyaml, workspace.infospace, styled);
        }),
        options,
      );
    });

    it(`plans.yaml is continued with nothing lost: ${cases} files`, async () => {
      await fc.assert(
        fc.asyncProperty(plansDocument, style, async (document, given) => {
          reset();
          await continuePlans(pyyaml, workspace.infospace, inStyle(document, given));
        }),
        options,
      );
    });
  },
);

const usage = fc.oneof(
  fc.record({ prompt_tokens: fc.nat(10 ** 6), completion_tokens: fc.nat(10 ** 6) }),
  fc.record({ input_tokens: fc.nat(10 ** 6), output_tokens: fc.nat(10 ** 6), cost: fc.nat(1000).map(asFloat) }),
  value,
);
const call = fc.record({
  stage_id: text,
  provider: text,
  metadata: fc.record({ model: fc.oneof(text, fc.constant('test/rated')), usage }),
});
// The hash by which a record without an id is known goes by the order of its keys.
const id = text.filter((name) => name !== '');
const record = fc
  .record({ run_id: id, workflow_id: text, status: text, stages: fc.array(fc.oneof(call, call, value)) })
  .chain((known) => unknownFields.map((unknown) => ({ ...unknown, ...known })));

const plan = fc
  .record({ stage: text, total_provider_calls_estimate: value, per_workflow: fc.array(value, { maxLength: 3 }) })
  .chain((known) => unknownFields.map((unknown) => ({ ...unknown, ...known })));

const settings = fc.record({
  budget: fc.record({ max_usd: fc.nat(9).map(asFloat), warn_usd: fc.nat(3), max_calls: fc.nat(9) }),
  models: fc.array(fc.record({ name: text, provider: text, model: text, free: fc.boolean() }), { maxLength: 3 }),
  retention: fc.nat(9),
});
const price = fc.oneof(fc.nat(1000), fc.nat(1000).map(asFloat), fc.constantFrom('0.0008', '1e-05', null));
const rates = fc
  .dictionary(text, fc.record({ prompt_per_1k: price, completion_per_1k: price }), { maxKeys: 4 })
  .map((models) => ({ rates: { 'test/rated': { prompt_per_1k: 1 }, ...models } }));

describe(`in any style that YAML allows (seed ${seed})`, { timeout: 60_000 + cases * 1000 }, () => {
  /** What is recorded of the run records there, less its id. */
  async function recorded(): Promise<object> {
    const { run, warnings } = await recordRun({ infospace: workspace.infospace, clock });
    return { ...run, runId: null, warnings };
  }

  it(`a run record means the same: ${cases} files`, async () => {
    await fc.assert(
      fc.asyncProperty(record, style, async (given, styled) => {
        reset({ [files.scannedRecord]: writeYaml(given) });
        const plain = await recorded();
        reset({ [files.scannedRecord]: inStyle(given, styled) });
        expect(await recorded()).toEqual(plain);
      }),
      options,
    );
  });

  it(`a plan means the same: ${cases} files`, async () => {
    await fc.assert(
      fc.asyncProperty(plan, style, async (given, styled) => {
        reset({});
        const { infospace } = workspace;
        const plain = await recordPlan({ infospace, plan: writeYaml(given) });
        const { snapshot, refreshed } = await recordPlan({ infospace, plan: inStyle(given, styled) });
        expect(refreshed).toBe(true);
        expect(snapshot.estimates).toEqual(plain.snapshot.estimates);
      }),
      options,
    );
  });

  it(`settings and prices mean the same: ${cases} files`, async () => {
    await fc.assert(
      fc.asyncProperty(record, settings, rates, style, async (given, limits, prices, styled) => {
        const [scanned, plainly] = [{ [files.scannedRecord]: writeYaml(given) }, writeYaml];
        reset({ ...scanned, [files.settings]: plainly(limits), [files.rates]: plainly(prices) });
        const plain = await recorded();
        reset({ ...scanned, [files.settings]: inStyle(limits, styled), [files.rates]: inStyle(prices, styled) });
        expect(await recorded()).toEqual(plain);
      }),
      options,
    );
  });
});
