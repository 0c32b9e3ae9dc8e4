import { fileURLToPath } from 'node:url';
import { runTorture } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';

const torture = (script: string, ...flags: string[]): Promise<unknown> =>
  runTorture(fileURLToPath(new URL(`../torture/${script}`, import.meta.url)), ...flags);

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

  it('calls that killed processes send again are recorded once, and totals are always their sums', async () => {
    const figures = await torture('observations.mjs', ...'--calls 1500 --processes 3 --pause 700'.split(' '));
    expect(figures).toMatchObject({ calls: 4875, violations: 0 });
    expect((figures as { kills: number }).kills).toBeGreaterThan(0);
  });

  it('on PostgreSQL too, also while it is killed and started again', async () => {
    const few = '--store postgres --restarts 1 --calls 400 --processes 3 --pause 1500'.split(' ');
    const figures = await torture('observations.mjs', ...few);
    expect(figures).toMatchObject({ calls: 1300, restarts: 1, violations: 0 });
  });

  it('a year of resets in five time zones loses, doubles and misplaces nothing', async () => {
    const figures = await torture('windows.mjs', '--every', '40', '--connections', '3');
    expect(figures).toMatchObject({ changesOfClocks: 10, violations: 0 });
  });

  it('a year of resets does so on PostgreSQL', async () => {
    const figures = await torture('windows.mjs', '--every', '60', '--connections', '3', '--store', 'postgres');
    expect(figures).toMatchObject({ changesOfClocks: 10, violations: 0 });
  });

  it('an import that is killed is there as a whole or not at all, and needs no more memory for more records', async () => {
    const figures = await torture('moving.mjs', '--reservations', '15000', '--kills', '3');
    expect(figures).toMatchObject({ violations: 0 });
  });

  it('a worker in a network of its own, cut off in the middle of a reservation, stops nobody and loses no hold', async () => {
    const figures = (await torture('cut-off.mjs', '--rounds', '1')) as { readonly ways: string };
    expect(figures).toMatchObject({ rounds: 1, violations: 0 });
    if (figures.ways === 'namespaces') return;
    process.stderr.write('WARNING: tested with relays that were stopped: no network namespaces can be made here.\n');
  });

  it('what is said of quality holds at every look, and no candidate is wrongly said to be good enough', async () => {
    const figures = await torture('intervals.mjs', '--histories', '60', '--calls', '300', '--seed', '1');
    expect(figures).toMatchObject({ histories: 60, violations: 0 });
  });
});
