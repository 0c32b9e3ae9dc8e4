import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const wrapper = fileURLToPath(new URL('../with-recorded-answers.mjs', import.meta.url));
const built = fileURLToPath(new URL('./dist/', import.meta.url));

describe.each([
  ['ask-by-fetch.js', 'The largest city in Mexico is Mexico City.', 'No answer (402).'],
  ['ask-by-sdk.js', 'The capital of Mexico is Mexico City.', 'No answer (402, budget_exceeded).'],
])('%s under budget exec', (name, answer, refusal) => {
  const home = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const program = [process.execPath, join(built, name)];

  /** @param {string[]} command */
  const run = async (...command) => {
    const { stdout } = await promisify(execFile)(process.execPath, [wrapper, '--home', home, ...command], {
      cwd: home,
    });
    return stdout.trimEnd().split('\n');
  };
  /** @param {string[]} options */
  const exec = async (...options) => {
    const lines = await run('budget', 'exec', ...options, '--result-file', 'result.json', '--', ...program);
    return { lines, result: JSON.parse(readFileSync(join(home, 'result.json'), 'utf8')) };
  };

  it('prints what it prints without it, and all its calls are counted', async () => {
    const { lines, result } = await exec('--max-usd', '5');
    expect(lines).toEqual(await run(...program));
    expect(lines).toEqual(Array(4).fill(answer));
    expect(result).toMatchObject({ calls: 4, refused_calls: 0, ended_by: 'child' });
    expect(result.cost_nano_usd).toBeGreaterThan(0);
  }, 60_000);

  it('is refused what has no room, once', async () => {
    const { lines, result } = await exec('--max-calls', '2');
    expect(lines).toEqual([answer, answer, refusal]);
    expect(result).toMatchObject({ calls: 2, refused_calls: 1 });
  }, 60_000);
});
