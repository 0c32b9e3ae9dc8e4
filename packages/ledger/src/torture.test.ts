import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Runs a script of `torture/`, and gives the figures it ends with. What it printed, the seed too, is in a failure. */
async function torture(script: string, ...flags: string[]): Promise<unknown> {
  const program = fileURLToPath(new URL(`../torture/${script}`, import.meta.url));
  const child = spawn(process.execPath, [program, ...flags]);
  let output = '';
  let figures = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    figures += chunk;
  });
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  expect(code, output).toBe(0);
  return JSON.parse(figures.trim().split('\n').at(-1) as string);
}

// Each uses all processors, so one after the other. The long forms are what the scripts do without flags.
describe('short forms, with the built package', { timeout: 180_000 }, () => {
  const few = '--processes 3 --attempts 150 --callers 6 --kills 3 --pause 300 --day 1'.split(' ');
  // Slower, so that more must be under way for a limit to be tight.
  const onPostgres = ['--store', 'postgres', '--callers', '32'];

  it('processes that are killed never overspend, and lose and double nothing', async () => {
    const figures = await torture('never-overspent.mjs', ...few);
    expect(figures).toMatchObject({ attempts: 450, kills: 3, overspentLooks: 0, violations: 0 });
  });

  it('what is used beyond low estimates is overrun to the last token', async () => {
    const figures = await torture('never-overspent.mjs', ...few, '--estimates', 'low');
    expect(figures).toMatchObject({ attempts: 450, kills: 3, overspentLooks: 0, violations: 0 });
  });

  it('neither do they on PostgreSQL, also while it is killed and started again', async () => {
    const figures = await torture('never-overspent.mjs', ...few, ...onPostgres, '--restarts', '1');
    expect(figures).toMatchObject({ attempts: 450, kills: 3, restarts: 1, overspentLooks: 0, violations: 0 });
  });

  it('on PostgreSQL too what is used beyond low estimates is overrun to the last token', async () => {
    const figures = await torture('never-overspent.mjs', ...few, ...onPostgres, '--estimates', 'low');
    expect(figures).toMatchObject({ attempts: 450, kills: 3, overspentLooks: 0, violations: 0 });
  });

  it('a year of resets in five time zones loses, doubles and misplaces nothing', async () => {
    const figures = await torture('windows.mjs', '--every', '40', '--connections', '3');
    expect(figures).toMatchObject({ changesOfClocks: 10, violations: 0 });
  });

  it('a year of resets does so on PostgreSQL', async () => {
    const figures = await torture('windows.mjs', '--every', '60', '--connections', '3', '--store', 'postgres');
    expect(figures).toMatchObject({ changesOfClocks: 10, violations: 0 });
  });

  it('what is said of quality holds at every look, and no candidate is wrongly said to be good enough', async () => {
    const figures = await torture('intervals.mjs', '--histories', '60', '--calls', '300', '--seed', '1');
    expect(figures).toMatchObject({ histories: 60, violations: 0 });
  });
});
