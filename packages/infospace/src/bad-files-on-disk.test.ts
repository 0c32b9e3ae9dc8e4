import { basename } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import type { RecordPlanResult } from './record-plan.js';
import type { RecordRunResult } from './record-run.js';
import { type Command, type Place, readersOf } from './testing/commands.js';
import { expectPlanContinued, expectRunContinued } from './testing/continued.js';
import { fuzzWorkspace } from './testing/fuzz-workspace.js';
import { count, seed } from './testing/hostile-values.js';
import { judge, type Verdict } from './testing/judge.js';
import { damagedBytes, mutation } from './testing/mutations.js';
import { spell } from './testing/pyyaml.js';
import type { Tree } from './testing/tree.js';
import { files, validWorkspace } from './testing/valid-workspace.js';
import { readYaml } from './yaml/read-yaml.js';
import type { YamlMap } from './yaml/scalars.js';

// Long form, a hundred thousand cases: BUDGET_FUZZ_COUNT=300000 npx vitest run src/bad-files-on-disk.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed> and the same count.
const cases = Math.ceil(count / 3);
const ours: readonly Place[] = ['usage', 'plans', 'summary'];

interface Case {
  readonly place: Place;
  readonly command: Command;
  /** The bytes of the bad file, as latin-1. */
  readonly content: string;
}

function casesFrom(valid: Tree): fc.Arbitrary<Case> {
  const readers = (Object.keys(files) as Place[]).flatMap((place) =>
    readersOf(place).map((command) => ({ place, command })),
  );
  const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
  const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString();
  const onText = mutation.map((mutate) => (bytes: string) => latin1(mutate(utf8(bytes))));
  const anyMutation = fc.oneof({ weight: 9, arbitrary: onText }, { weight: 1, arbitrary: damagedBytes });
  return fc
    .tuple(fc.constantFrom(...readers), anyMutation)
    .map(([reader, mutate]) => ({ ...reader, content: mutate(valid[files[reader.place]] as string) }));
}

/** Doctor keeps the bytes of what it sets aside, and leaves alone what is not ours. */
function expectNothingLost({ place, content }: Case, { before, after }: Verdict): void {
  const kept = Object.keys(after).some((name) => name.startsWith(files[place]) && after[name] === content);
  const wasTorn = Object.keys(after).some((name) => name.startsWith(`${files.usage}.torn`));
  // A summary of another run is out of date, and the end of a torn file is set aside alone.
  if (place !== 'summary' && !wasTorn && !kept) expectOnlyTotalsCorrected(content, after[files.usage] as string);
  if (!ours.includes(place)) expect(after).toEqual(before);
}

/** What the last entry says of all entries follows from them, and doctor proves it. */
function expectOnlyTotalsCorrected(before: string, after: string): void {
  const [old, corrected] = [before, after].map((bytes) => {
    const { runs, ...others } = readYaml(Buffer.from(bytes, 'latin1').toString(), 'usage.yaml') as { runs: YamlMap[] };
    const { totals_to_date: _, starts_at_byte: __, ...last } = runs.at(-1) as YamlMap;
    return spell({ ...others, runs: [...runs.slice(0, -1), last] });
  });
  expect(corrected).toEqual(old);
}

it(`a file that was damaged is continued without loss, or refused and left alone: ${cases} cases, seed ${seed}`, {
  timeout: 60_000 + cases * 100,
}, async () => {
  const valid = await validWorkspace();
  const workspace = fuzzWorkspace();
  onTestFinished(() => workspace.remove());

  async function check(given: Case): Promise<void> {
    const { place, command, content } = given;
    workspace.reset({ ...valid, [files[place]]: content });
    const verdict = await judge(command, workspace.directory, { file: basename(files[place]) });
    if (verdict.refusal !== null) return;
    if (command === 'examineInfospace') return expectNothingLost(given, verdict);
    if (command.includes('Plan') && command.startsWith('record'))
      return expectPlanContinued(verdict, verdict.result as RecordPlanResult, place === 'settings');
    if (!command.startsWith('record')) return;
    expectRunContinued(verdict, verdict.result as RecordRunResult);
    // What is recorded is known again, and then nothing changes.
    const again = await judge(command, workspace.directory, { file: basename(files[place]) });
    expect(again.result).toMatchObject({ run: null });
    expect(again.after).toEqual(verdict.after);
  }

  await fc.assert(fc.asyncProperty(casesFrom(valid), check), { seed, numRuns: cases });
});
