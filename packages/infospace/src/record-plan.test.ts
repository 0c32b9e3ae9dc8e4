import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { infospacePaths } from './infospace-paths.js';
import { recordPlan } from './record-plan.js';
import { askPyYaml, python, spell } from './testing/pyyaml.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';
import { readYaml } from './yaml/read-yaml.js';
import { toPlain, type YamlMap } from './yaml/scalars.js';

let infospace: string;
let nowMs = Date.parse('2026-11-22T01:49:58.082Z');
const clock = { nowMs: () => nowMs };

beforeEach(() => {
  infospace = join(temporaryDirectory(), 'demo');
});

const plansText = (): string => readFileSync(infospacePaths(infospace).plans, 'utf8');
const plansDocument = (): YamlMap & { snapshots: YamlMap[] } => readYaml(plansText(), 'plans.yaml') as never;

describe('a plan', () => {
  it('is kept as given, with stand-ins for what is absent', async () => {
    const { snapshot, refreshed } = await recordPlan({
      infospace,
      clock,
      plan: '{"max_calls": 2.0, "cost_cap": 1e-05, "stage": "all"}',
    });
    expect(refreshed).toBe(false);
    expect(plansText()).toContain('max_calls: 2.0\n');
    expect(plansText()).toContain('cost_cap: 1.0e-05\n');
    expect(toPlain(plansDocument())).toEqual({
      schema_version: 1,
      pruned_count: 0,
      pruned: null,
      snapshots: [
        expect.objectContaining({
          snapshot_id: snapshot.snapshotId,
          recorded_at: '2026-11-22T01:49:58.082Z',
          filters: { stage: 'all', chapter_filter: null, chunk_filter: null, from_chapter: null, to_chapter: null },
          selected_chunk_ids: [],
          max_calls: 2,
          exceeds_max_calls: false,
          total_prompt_words_estimate: null,
        }),
      ],
    });
  });

  it('that is already the last is refreshed; the same one later, after another, is a new entry', async () => {
    const record = async (plan: Record<string, unknown>) => await recordPlan({ infospace, clock, plan });
    await record({ stage: 'a', total_prompt_words_estimate: 1 });
    nowMs += 1000;
    expect(await record({ stage: 'a', total_prompt_words_estimate: 2 })).toMatchObject({ refreshed: true });
    expect(plansDocument().snapshots).toMatchObject([
      { recorded_at: '2026-11-22T01:49:59.082Z', total_prompt_words_estimate: 2 },
    ]);
    await record({ stage: 'b' });
    expect(await record({ stage: 'a' })).toMatchObject({ refreshed: false });
    expect(plansDocument().snapshots.map((snapshot) => snapshot['stage'])).toEqual(['a', 'b', 'a']);
  });

  it('that is refreshed without an extra loses it; what others added stays', async () => {
    await recordPlan({ infospace, plan: { stage: 'a', models: [{ model: 'm' }] } });
    write(infospace, 'output/budget/plans.yaml', plansText().replace('  stage: a', '  note: theirs\n  stage: a'));
    await recordPlan({ infospace, plan: { stage: 'a' } });
    expect(plansDocument().snapshots[0]).toMatchObject({ note: 'theirs' });
    expect(plansDocument().snapshots[0]).not.toHaveProperty('models');
  });

  it('from a file that is not there is an error; one that is none of ours is told', async () => {
    await expect(recordPlan({ infospace, planFile: 'nowhere.json' })).rejects.toMatchObject({ code: 'plan_not_found' });
    expect((await recordPlan({ infospace, plan: { workspace: 'acme' } })).warnings).toEqual([
      expect.stringContaining('Is it the right file?'),
    ]);
    expect((await recordPlan({ infospace, plan: { models: [] } })).warnings).toEqual([]);
  });

  it('at hand and from a file at once is refused', async () => {
    await expect(recordPlan({ infospace, plan: {}, planFile: 'a' })).rejects.toMatchObject({
      code: 'options_conflict',
    });
  });

  it('in JSON with a slip is refused: as YAML its figures would be others', async () => {
    for (const plan of ['{"estimated_cost_usd": 1e-05,}', '{"estimated_cost_usd": NaN}']) {
      await expect(recordPlan({ infospace, plan })).rejects.toMatchObject({ code: 'file_corrupt' });
    }
  });

  it('can be recorded while other files are broken', async () => {
    write(infospace, 'output/budget/summary.yaml', 'a: [');
    expect((await recordPlan({ infospace, plan: { stage: 'a' } })).warnings).toEqual([
      expect.stringContaining('summary.yaml'),
    ]);
  });

  it('retention keeps the newest, and accounts for the rest', async () => {
    write(infospace, 'budget.yaml', 'retention: 2\n');
    for (let count = 1; count <= 5; count++)
      await recordPlan({ infospace, clock, plan: { max_calls: count, estimated_cost_usd: 0.1 } });
    const { snapshots, pruned_count, pruned } = plansDocument();
    expect(snapshots.map((snapshot) => snapshot['max_calls'])).toEqual([4, 5]);
    expect(pruned_count).toBe(3);
    expect(pruned).toMatchObject({
      count: 3,
      estimated_cost_usd_total: 0.3,
      estimated_cost_nano_usd_total: 300_000_000,
    });
  });

  it('retention 0 keeps all', async () => {
    write(infospace, 'budget.yaml', 'retention: 0\n');
    for (let count = 1; count <= 55; count++) await recordPlan({ infospace, plan: { max_calls: count } });
    expect(plansDocument().snapshots).toHaveLength(55);
  });

  it('in YAML is as good as in JSON', async () => {
    const json = await recordPlan({
      infospace,
      plan: '{"stage": "all", "estimated_cost_usd": 0.5, "selected_chunk_ids": ["c1"]}',
    });
    const yaml = await recordPlan({
      infospace,
      plan: 'stage: all\nestimated_cost_usd: 0.5\nselected_chunk_ids: [c1]\n',
    });
    expect(yaml).toMatchObject({ refreshed: true, snapshot: { snapshotId: json.snapshot.snapshotId } });
  });

  it.each([
    '',
    '[]',
    '"text"',
    '{"a": ',
    '{a: 1',
    '\u0000',
    '['.repeat(10_000),
    `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`,
  ])('that is none is refused, and nothing is written: %j', async (plan) => {
    await expect(recordPlan({ infospace, plan, planName: 'plan.json' })).rejects.toMatchObject({
      kind: 'input',
      file: 'plan.json',
    });
    expect(() => contents(infospace)).toThrow();
  });
});

describe('plans by the earlier tool', () => {
  const theirs = `pruned_count: 3
schema_version: 1
tool_note: kept
snapshots:
- snapshot_id: 86e501496586
  recorded_at: '2026-05-17T18:06:19.000000+00:00'
  shared: &id001 [a, 2026-05-17, 0x1F, 1.0, yes, ~]
  again: *id001
  selected_chunk_ids: ["\\xFC", '1e5']
  big: 12345678901234567890
  unknown: !!set {b, a}
  1: a key that is a number
`;

  it('are continued with nothing lost, unknown fields included', async () => {
    write(infospace, 'output/budget/plans.yaml', theirs);
    await recordPlan({ infospace, plan: { stage: 'new' } });
    const { snapshots, ...others } = plansDocument();
    expect(snapshots).toHaveLength(2);
    expect(spell(snapshots[0])).toEqual(spell((readYaml(theirs, 't') as { snapshots: YamlMap[] }).snapshots[0]));
    expect(others).toMatchObject({ tool_note: 'kept', pruned_count: 3 });
  });

  it.skipIf(python === undefined)('read the same in PyYAML before and after', async () => {
    write(infospace, 'output/budget/plans.yaml', theirs);
    await recordPlan({ infospace, plan: { stage: 'new' } });
    const [before, after] = askPyYaml([{ load: theirs }, { load: plansText() }]).map(({ value }) =>
      firstSnapshot(value),
    );
    expect(before).toBeDefined();
    expect(after).toEqual(before);
  });
});

/** Out of PyYAML's spelled answer. */
function firstSnapshot(spelled: unknown): unknown {
  const { map } = spelled as { map: [unknown, unknown[]][] };
  const key = JSON.stringify(spell('snapshots'));
  return map.find(([name]) => JSON.stringify(name) === key)?.[1][0];
}
