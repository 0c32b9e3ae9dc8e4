import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { badEverywhere, costly } from './testing/bad-contents.js';
import { type Command, commands, neededBy, type Place, readersOf } from './testing/commands.js';
import { type FuzzWorkspace, fuzzWorkspace } from './testing/fuzz-workspace.js';
import { expectClear, judge } from './testing/judge.js';
import { type Tree, treeOf } from './testing/tree.js';
import { files, validWorkspace } from './testing/valid-workspace.js';
import { wrongTypes } from './testing/wrong-types.js';

// Of the processor, whatever else it does meanwhile. Where a reader has become slow it is minutes.
const MAX_MS = 2000;
const MAX_MORE_MEMORY_KB = 1024 * 1024;
const places = Object.keys(files) as Place[];
const ours: readonly Place[] = ['usage', 'plans', 'summary'];

let valid: Tree;
let workspace: FuzzWorkspace;
let memoryKb: number;
beforeAll(async () => {
  valid = await validWorkspace();
  workspace = fuzzWorkspace();
  memoryKb = process.resourceUsage().maxRSS;
});
afterEach(() => expect(process.resourceUsage().maxRSS - memoryKb).toBeLessThan(MAX_MORE_MEMORY_KB));
afterAll(() => workspace.remove());

/** Commands over a valid workspace with one bad file; gives those that refused it. */
async function refusing(place: Place, content: string, tried: readonly Command[]): Promise<Command[]> {
  const refused: Command[] = [];
  for (const command of tried) {
    workspace.reset({ ...valid, [files[place]]: content });
    const started = process.cpuUsage();
    const { refusal, result } = await judge(command, workspace.directory, { file: basename(files[place]) });
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000, `milliseconds of ${command}`).toBeLessThan(MAX_MS);
    if (refusal !== null) refused.push(command);
    if (command === 'listWorkspace') expectRowWithError(result as { error: string | null }[], place);
    if (command === 'examineInfospace') await expectNothingLost(place, content);
  }
  return refused;
}

function expectRowWithError([row]: readonly { error: string | null }[], place: Place): void {
  if (row !== undefined && row.error !== null) expectClear(row.error, basename(files[place]));
}

/** Doctor sets aside what is ours and broken, after which work goes on, and leaves alone what is not ours. */
async function expectNothingLost(place: Place, content: string): Promise<void> {
  const after = treeOf(workspace.directory);
  if (!ours.includes(place)) return expect(after).toEqual({ ...valid, [files[place]]: content });
  const kept = Object.keys(after).find((name) => name.startsWith(files[place]) && after[name] === content);
  // A readable summary of another run is out of date, and written again.
  if (place === 'summary' && kept === undefined) return;
  expect(kept, `${place} is gone`).toBeDefined();
  if (kept !== files[place]) await commands.recordRun(workspace.directory);
}

describe.each(places)('%s', { timeout: 60_000 }, (place) => {
  it.each(Object.entries(badEverywhere))('%s: refused by all who need the file', async (_, content) => {
    expect(await refusing(place, content, readersOf(place))).toEqual(neededBy[place]);
  });

  it.each(Object.entries(wrongTypes[place]))('%s: refused by all who need the file', async (_, content) => {
    expect(await refusing(place, content, readersOf(place))).toEqual(neededBy[place]);
  });
});

// Each of the readers once: of YAML by programs and by people, and of JSON.
describe.each(['usage', 'plans', 'namedRecord', 'namedJsonRecord', 'settings', 'rates'] as const)(
  '%s',
  { timeout: 60_000 },
  (place) => {
    it.each(Object.entries(costly))('%s: takes no long time', async (_, content) => {
      await refusing(place, content, neededBy[place].slice(0, 1));
    });
  },
);
