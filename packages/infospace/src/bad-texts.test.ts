import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '@budget/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aggregateUsage } from './aggregate-usage.js';
import { parseModelRates } from './documents/model-rates.js';
import { readSnapshot, snapshotOf, withSnapshot } from './documents/plans-file.js';
import { readRecordedRun } from './documents/read-recorded-run.js';
import { readWorkflowRun } from './documents/run-record.js';
import { parseSettings } from './documents/settings.js';
import { usageRunDocument } from './documents/usage-run-fields.js';
import { rateBook } from './pricing/rate-book.js';
import type { Place } from './testing/commands.js';
import { count, seed } from './testing/hostile-values.js';
import { expectClear } from './testing/judge.js';
import { mutation } from './testing/mutations.js';
import { spell } from './testing/pyyaml.js';
import { files, validWorkspace } from './testing/valid-workspace.js';
import { mapsField } from './yaml/fields.js';
import { fromJavaScript } from './yaml/from-javascript.js';
import { jsonFields } from './yaml/json-ready.js';
import { readStructured } from './yaml/read-structured.js';
import { readWholeYaml, readYaml } from './yaml/read-yaml.js';
import { isMap, type YamlMap, type YamlValue } from './yaml/scalars.js';
import { writeYaml } from './yaml/write-yaml.js';

// Long form, a million cases: BUDGET_FUZZ_COUNT=350000 npx vitest run src/bad-texts.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed> and the same count.
const cases = count * 3;
const rates = rateBook(parseModelRates('rates: {m: {prompt_per_1k: 1}}', 'rates'), () => null);
const fields = (value: YamlValue, list: string): YamlMap[] => mapsField(isMap(value) ? value[list] : null);

/** All that is made of a text of each kind before anything is written. Gives the values that must not get lost. */
const readers: Readonly<Record<Place, (text: string, file: string) => YamlValue>> = {
  usage(text, file) {
    const document = readYaml(text, file, 'Mend it.');
    for (const entry of fields(document, 'runs')) usageRunDocument(readRecordedRun(entry));
    return document;
  },
  plans(text, file) {
    const document = readYaml(text, file, 'Mend it.');
    const snapshots = fields(document, 'snapshots');
    withSnapshot({ document: { snapshots }, snapshots: snapshots.map(readSnapshot) }, snapshotOf({}, 'now'), 1);
    return document;
  },
  summary(text, file) {
    const document = readYaml(text, file, 'Mend it.');
    if (isMap(document)) JSON.stringify(jsonFields(document));
    return document;
  },
  scannedRecord: readRecord,
  namedRecord: readRecord,
  namedJsonRecord: readRecord,
  plan: readPlan,
  jsonPlan: readPlan,
  settings(text, file) {
    parseSettings(text, file);
    return null;
  },
  rates(text, file) {
    parseModelRates(text, file);
    return null;
  },
};

function readRecord(text: string, file: string): YamlValue {
  const record = readStructured(text, file, 'Mend it.');
  aggregateUsage([readWorkflowRun(record, file)], rates, { callMs: 0, nowMs: 0 });
  return record;
}

function readPlan(text: string, file: string): YamlValue {
  const plan = fromJavaScript(readStructured(text, file, 'Mend it.'), file);
  if (isMap(plan)) JSON.stringify(jsonFields(snapshotOf(plan, 'now')));
  return plan;
}

async function validTexts(): Promise<Record<Place, string>> {
  const tree = await validWorkspace();
  const texts = Object.entries(files).map(([place, name]) => [
    place,
    Buffer.from(tree[name] ?? '', 'latin1').toString(),
  ]);
  return Object.fromEntries(texts);
}

function check({ place, text }: { place: Place; text: string }): void {
  let read: YamlValue;
  try {
    read = readers[place](text, files[place]);
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    expect(error.kind).toBe('input');
    expectClear(error.message, files[place], error.code === 'file_invalid');
    return;
  }
  // What was understood is written back without a change, as it is when a file is brought into our layout.
  const readAgain = readWholeYaml(writeYaml(read), 'written.yaml', '');
  if (!isDeepStrictEqual(readAgain, read)) expect(spell(readAgain)).toEqual(spell(read));
}

it(`any text is understood and kept, or refused in a sentence: ${cases} cases, seed ${seed}`, {
  timeout: 60_000 + cases * 20,
}, async () => {
  const valid = await validTexts();
  const places = fc.constantFrom(...(Object.keys(files) as Place[]));
  const texts = fc.tuple(places, mutation).map(([place, mutate]) => ({ place, text: mutate(valid[place]) }));
  fc.assert(fc.property(texts, check), { seed, numRuns: cases });
  expect(({} as Record<string, unknown>)['a']).toBeUndefined();
});
