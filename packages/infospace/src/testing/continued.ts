import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { RecordPlanResult } from '../record-plan.js';
import type { RecordRunResult } from '../record-run.js';
import { readWholeYaml } from '../yaml/read-yaml.js';
import type { YamlMap, YamlValue } from '../yaml/scalars.js';
import { spell } from './pyyaml.js';
import type { Tree } from './tree.js';
import { files } from './valid-workspace.js';

/** What a command left behind, seen by a reader of all of YAML that knows nothing of how files are continued. */
interface Trees {
  readonly before: Tree;
  readonly after: Tree;
}

function documentOf(bytes: string | undefined, name: string): YamlMap {
  const text = Buffer.from(bytes ?? '', 'latin1').toString();
  return (readWholeYaml(text, name, '') ?? {}) as YamlMap;
}

/** Compared cheaply, and shown in full where it differs. */
function expectSame(actual: YamlValue, expected: YamlValue): void {
  if (!isDeepStrictEqual(actual, expected)) expect(spell(actual)).toEqual(spell(expected));
}

/** After `recordRun`: all earlier entries and fields as they were, and one entry more, or none and the same bytes. */
export function expectRunContinued({ before, after }: Trees, { run, warnings }: RecordRunResult): void {
  const name = files.usage;
  const whole = withoutTornTail(name, { before, after }, warnings);
  if (run === null) {
    expect(after[name] ?? '').toBe(whole);
    return;
  }
  const { runs: runsBefore, ...fieldsBefore } = documentOf(whole, name);
  const { runs: runsAfter, ...fieldsAfter } = documentOf(after[name], name);
  const entries = runsAfter as YamlMap[];
  expectSame(entries.slice(0, -1), runsBefore ?? []);
  // Where there was none, a version may be added.
  const { schema_version: version = 1, ...others } = fieldsAfter;
  expectSame({ schema_version: version, ...others }, { schema_version: 1, ...fieldsBefore });
  expect(entries.at(-1)).toMatchObject({ run_index: run.runIndex, run_id: run.runId, end_of_run: run.runIndex });
}

/** A torn entry is set aside and told; then the bytes of both files are those that were there. */
function withoutTornTail(name: string, { before, after }: Trees, warnings: readonly string[]): string {
  const aside = Object.keys(after).find((other) => other.startsWith(`${name}.torn`));
  const bytes = before[name] ?? '';
  if (aside === undefined) return bytes;
  const torn = after[aside] as string;
  expect(torn).not.toBe('');
  expect(bytes.endsWith(torn)).toBe(true);
  expect(warnings).toContainEqual(expect.stringContaining('torn by a crash'));
  return bytes.slice(0, -torn.length);
}

/** After `recordPlan`: all earlier plans as they were, less what retention drops, and the new one last. */
export function expectPlanContinued(
  { before, after }: Trees,
  { snapshot, refreshed }: RecordPlanResult,
  mayDrop: boolean,
): void {
  const {
    snapshots: plansBefore,
    pruned: _,
    pruned_count: _count,
    ...fieldsBefore
  } = documentOf(before[files.plans], files.plans);
  const { snapshots: plansAfter, pruned, pruned_count, ...fieldsAfter } = documentOf(after[files.plans], files.plans);
  const plans = plansAfter as YamlMap[];
  const earlier = ((plansBefore ?? []) as YamlMap[]).slice(0, refreshed ? -1 : undefined);
  const kept = mayDrop ? earlier.slice(earlier.length - plans.length + 1) : earlier;
  expectSame(plans.slice(0, -1), kept);
  expectSame(fieldsAfter, { ...fieldsBefore, schema_version: 1 });
  expect(plans.at(-1)).toMatchObject({ snapshot_id: snapshot.snapshotId, recorded_at: snapshot.recordedAt });
}
