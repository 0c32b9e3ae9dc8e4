import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runTorture } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';

// The parser that judges; CI makes sure of one.
const python = [process.env['BUDGET_PYTHON'], 'python3', '/usr/bin/python3'].find(
  (candidate) => candidate && spawnSync(candidate, ['-c', 'import yaml']).status === 0,
);
if (python === undefined && process.env['BUDGET_REQUIRE_ALL'] === '1') {
  throw new Error('No python3 with PyYAML was found: install python3-yaml, or name one in BUDGET_PYTHON.');
}

const torture = (script: string, ...flags: string[]): Promise<unknown> =>
  runTorture(fileURLToPath(new URL(`../torture/${script}`, import.meta.url)), ...flags);

it('archives that are killed, or run out of room, are whole or not there (short form)', {
  timeout: 180_000,
}, async () => {
  const figures = await torture('archive.mjs', '--rounds', '10', '--files', '40');
  expect(figures).toMatchObject({ rounds: 10, violations: 0 });
});

it('a server that is attacked serves honest callers, never over their limit (short form)', {
  timeout: 180_000,
}, async () => {
  const figures = await torture('http.mjs', '--attacks', '300', '--callers', '4');
  expect(figures).toMatchObject({ attacks: 300, violations: 0 });
});

// Each uses all processors, so one after the other. The long forms are what the scripts do without flags.
describe.skipIf(python === undefined)('short forms (need a python3 with yaml)', { timeout: 180_000 }, () => {
  it('commands that are killed lose and double nothing, and readers never see half of something', async () => {
    const figures = await torture('kills.mjs', '--rounds', '8', '--longest', '4', '--readers', '1');
    expect(figures).toMatchObject({ rounds: 8, lockTimeouts: 0, violations: 0 });
  });

  it('processes that record at once lose and double nothing', async () => {
    const figures = await torture('contention.mjs', '--processes', '4', '--runs', '4', '--readers', '1');
    expect(figures).toMatchObject({ recorded: 16, lockTimeouts: 0, violations: 0 });
  });

  it.each(['nothing', 'zeros'])(
    'a usage.yaml that is cut anywhere in its last entry, with %s after the cut, loses that entry alone',
    async (filling) => {
      const figures = await torture('cut.mjs', '--every', '100', '--filling', filling, '--command', '60');
      expect(figures).toMatchObject({ violations: 0, throughCommand: expect.any(Number) });
    },
  );
});
