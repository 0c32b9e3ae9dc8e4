import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

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

// The long form is what the script does without flags.
it('a hub that is killed has every event that it acknowledged, once', { timeout: 600_000 }, async () => {
  const figures = await torture('kills.mjs', '--events', '300', '--senders', '4');
  expect(figures).toMatchObject({ events: 300, violations: 0 });
  expect((figures as { kills: number }).kills).toBeGreaterThan(0);
});

it('so it does with its events on PostgreSQL', { timeout: 600_000 }, async () => {
  const figures = await torture('kills.mjs', '--store', 'postgres', '--events', '300', '--senders', '4');
  expect(figures).toMatchObject({ events: 300, violations: 0 });
  expect((figures as { kills: number }).kills).toBeGreaterThan(0);
});
