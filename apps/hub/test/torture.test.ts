import { fileURLToPath } from 'node:url';
import { runTorture } from '@budget/test-tools';
import { expect, it } from 'vitest';

const torture = (script: string, ...flags: string[]): Promise<unknown> =>
  runTorture(fileURLToPath(new URL(`../torture/${script}`, import.meta.url)), ...flags);

// The long form is what the script does without flags.

// On a quick machine all would be sent before the first kill otherwise.
const often = ['--answers', '20', '--pause', '2'];

it('a hub that is killed has every event that it acknowledged, once', { timeout: 600_000 }, async () => {
  const figures = await torture('kills.mjs', '--events', '300', '--senders', '4', ...often);
  expect(figures).toMatchObject({ events: 300, violations: 0 });
  expect((figures as { kills: number }).kills).toBeGreaterThan(0);
});

it('so it does with its events on PostgreSQL', { timeout: 600_000 }, async () => {
  const figures = await torture('kills.mjs', '--store', 'postgres', '--events', '300', '--senders', '4', ...often);
  expect(figures).toMatchObject({ events: 300, violations: 0 });
  expect((figures as { kills: number }).kills).toBeGreaterThan(0);
});
