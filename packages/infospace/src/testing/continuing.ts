import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { infospacePaths } from '../infospace-paths.js';
import { readInfospace, readPlans } from '../inspect-infospace.js';
import { recordPlan } from '../record-plan.js';
import { recordRun } from '../record-run.js';
import type { PythonChild } from './python-child.js';
import type { Answer, Spelled } from './pyyaml.js';
import { runRecord, stage } from './run-records.js';
import { fieldOf, fieldsBeside, itemsOf, totalsOfSpelled } from './spelled.js';

const CALL = { prompt_tokens: 5, completion_tokens: 2, cost: 0.25 };

async function read(pyyaml: PythonChild, text: string): Promise<Spelled> {
  return (await pyyaml.ask<Answer>({ load: text })).value;
}

async function place(path: string, text: string | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if (text !== null) writeFileSync(path, text);
}

/**
 * Continues a `usage.yaml` twice: to PyYAML every earlier value is the same, the numbers go on, and the totals are
 * those of the earlier entries, which are by the earlier tool, and of the new calls.
 *
 * @param text `null` for no file.
 * @returns the file as it is now.
 */
export async function continueUsage(pyyaml: PythonChild, infospace: string, text: string | null): Promise<string> {
  const path = infospacePaths(infospace).usage;
  await place(path, text);
  const before = await read(pyyaml, text ?? '');
  const earlier = itemsOf(before, 'runs');
  const totals = totalsOfSpelled(earlier);
  const totalsWith = (more: number): object => ({
    ...totals,
    runs: totals.runs + more,
    calls: totals.calls + more,
    promptTokens: totals.promptTokens + 5 * more,
    completionTokens: totals.completionTokens + 2 * more,
    totalTokens: totals.totalTokens + 7 * more,
    costNanoUsdKnown: totals.costNanoUsdKnown + 250_000_000n * BigInt(more),
  });
  expect((await readInfospace(infospace)).totals).toEqual(totals);
  for (const more of [1, 2]) {
    const { run } = await recordRun({ infospace, records: [runRecord(`new ${more}`, [stage('a', CALL)])] });
    expect(run?.runIndex).toBe(earlier.length + more);
    expect(run?.totalsToDate).toEqual(totalsWith(more));
  }
  expect((await readInfospace(infospace)).totals).toEqual(totalsWith(2));
  const continued = readFileSync(path, 'utf8');
  const after = await read(pyyaml, continued);
  expect(itemsOf(after, 'runs')).toHaveLength(earlier.length + 2);
  expect(itemsOf(after, 'runs').slice(0, -2)).toEqual(earlier);
  // Where there was none, a version may be added.
  const beside = fieldOf(before, 'schema_version') === undefined ? ['runs', 'schema_version'] : ['runs'];
  expect(fieldsBeside(after, ...beside)).toEqual(fieldsBeside(before, 'runs'));
  return continued;
}

/** As `continueUsage`, of a `plans.yaml`; of an infospace that keeps all plans. */
export async function continuePlans(pyyaml: PythonChild, infospace: string, text: string | null): Promise<void> {
  const path = infospacePaths(infospace).plans;
  await place(path, text);
  const before = await read(pyyaml, text ?? '');
  const earlier = itemsOf(before, 'snapshots');
  for (const number of [1, 2]) {
    const { refreshed } = await recordPlan({ infospace, plan: { stage: 'new', max_calls: number } });
    expect(refreshed).toBe(false);
  }
  const after = await read(pyyaml, readFileSync(path, 'utf8'));
  expect(itemsOf(after, 'snapshots').slice(0, -2)).toEqual(earlier);
  const others = (spelled: Spelled) => fieldsBeside(spelled, 'snapshots', 'schema_version', 'pruned', 'pruned_count');
  expect(others(after)).toEqual(others(before));
  expect((await readPlans(infospace)).plans).toHaveLength(earlier.length + 2);
}
