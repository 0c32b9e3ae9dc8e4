import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const wrapper = fileURLToPath(new URL('../with-recorded-answers.mjs', import.meta.url));
const program = ['python3', fileURLToPath(new URL('./agent.py', import.meta.url))];
const answer = 'The capital of Mexico is Mexico City.';

describe('a Python program under budget exec', () => {
  const home = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

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

  it('prints what it prints without it, and all its streams are counted', async () => {
    const { lines, result } = await exec('--max-usd', '5');
    expect(lines).toEqual(await run(...program));
    expect(lines).toEqual(Array(4).fill(answer));
    expect(result).toMatchObject({ calls: 4, refused_calls: 0, cost_nano_usd: 460_000 });
  }, 60_000);

  it('is told why a call has no room, and the provider sees nothing of it', async () => {
    const { lines, result } = await exec('--max-usd', '0.0012');
    expect(lines.slice(0, -1)).toEqual([answer, answer]);
    expect(lines.at(-1)).toMatch(/^No answer \(402\): budget_exceeded: run:\S+ has no room for \$/);
    expect(result).toMatchObject({ calls: 2, refused_calls: 1, cost_nano_usd: 230_000 });
  }, 60_000);
});
