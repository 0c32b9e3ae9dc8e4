import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Command, type Place, readersOf } from './testing/commands.js';
import { expectPlanContinued, expectRunContinued } from './testing/continued.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { judge } from './testing/judge.js';
import { inStyle, plainStyle } from './testing/random-style.js';
import type { Tree } from './testing/tree.js';
import { files, validWorkspace } from './testing/valid-workspace.js';
import { jsonFields } from './yaml/json-ready.js';
import { readYaml } from './yaml/read-yaml.js';
import { fieldsOf, isMap, type YamlMap, type YamlValue } from './yaml/scalars.js';
import { writeYaml } from './yaml/write-yaml.js';

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length'];

/** The document with such a key in every map, whose value would do harm as a prototype. */
function poisoned(node: YamlValue, key: string): YamlValue {
  if (Array.isArray(node)) return node.map((item) => poisoned(item, key));
  if (!isMap(node)) return node;
  const copy: YamlMap = Object.create(null);
  for (const [name, field] of fieldsOf(node)) copy[String(name)] = poisoned(field as YamlValue, key);
  copy[key] = { polluted: true, run_id: 'polluted', provider: 'polluted', calls: 7, runs: [], snapshots: [] };
  return copy;
}

const writers: Readonly<Record<string, (document: YamlValue) => string>> = {
  'as programs write YAML': writeYaml,
  'in brackets': (document) => inStyle(document, { ...plainStyle, flow: 1 }),
  'by merge keys': (document) => inStyle(document, { ...plainStyle, merges: 1 }),
  'in JSON': (document) => JSON.stringify(jsonFields(document as YamlMap)),
};

let valid: Tree;
let workspace: FuzzWorkspace;
beforeAll(async () => {
  valid = await validWorkspace();
  workspace = fuzzWorkspace();
});
afterAll(() => workspace.remove());

/** What was recorded of the given place, without what differs from time to time. */
async function outcomeOf(command: Command, place: Place, content: string): Promise<unknown> {
  workspace.reset({ ...valid, [files[place]]: content });
  const verdict = await judge(command, workspace.directory, { file: basename(files[place]) });
  // Limits and prices are read strictly: there an unknown key is refused, in a sentence.
  if (place !== 'settings') expect(verdict.refusal).toBeNull();
  else if (verdict.refusal !== null) return null;
  const result = verdict.result as Record<string, unknown>;
  if (command.startsWith('recordPlan') || command === 'recordJsonPlan')
    expectPlanContinued(verdict, verdict.result as never, false);
  else if (command.startsWith('record')) expectRunContinued(verdict, verdict.result as never);
  if (isMap(result['run'])) return { ...(result['run'] as object), runId: null, recordHash: null };
  return result['snapshot'] ?? result['totals'] ?? null;
}

describe.each(Object.keys(files) as Place[])('%s', (place) => {
  const plain = new Map<Command, unknown>();
  beforeAll(async () => {
    for (const command of readersOf(place))
      plain.set(command, await outcomeOf(command, place, valid[files[place]] as string));
  });

  it.each(KEYS)('with the key %s in every map harms nothing and loses nothing', async (key) => {
    const text = Buffer.from(valid[files[place]] as string, 'latin1').toString();
    const document = readYaml(text, place);
    for (const [name, write] of Object.entries(writers)) {
      if (name !== 'in JSON' && basename(files[place]).endsWith('.json')) continue;
      const content = Buffer.from(write(poisoned(document, key))).toString('latin1');
      for (const command of readersOf(place)) {
        const outcome = await outcomeOf(command, place, content);
        if (place !== 'settings') expect(outcome, `${command} ${name}`).toEqual(plain.get(command));
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
