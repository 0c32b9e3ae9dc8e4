import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./record-and-compare.mjs', import.meta.url));

describe('a program that uses the library alone', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  let output = '';
  let workspace = '';

  beforeAll(() => {
    // In a process of its own, so that it is the built package that runs, as for anybody who installed it.
    const environment = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    output = execFileSync(process.execPath, [program], { encoding: 'utf8', env: environment });
    workspace = join(temporary, readdirSync(temporary)[0] ?? '');
  });
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it('tells how each run compares with the plan, and in which stage it differs', () => {
    expect(output.split('\n')).toEqual([
      expect.stringMatching(/^Plan [0-9a-f]{12} is within its cost cap\.$/),
      'Run 1. Plan variance: calls 2/4 (0.50×), tokens 2850/5000 (0.57×), cost $0.006160/$0.012600 (0.49×)',
      '  draft: 1 of 2 calls, $0.006000',
      '  review: 1 of 2 calls, $0.000160',
      'Run 2. Plan variance: calls 2/4 (0.50×), tokens 1502/5000 (0.30×), cost $0.006200/$0.012600 (0.49×)',
      '  draft: 1 of 2 calls, $0.006000',
      '  review: 0 of 2 calls, $0.000000',
      '  title: 1 of 0 calls, $0.000200',
      'Nothing new: 1 record was known.',
      'summaries: 4 calls, 4352 tokens, $0.012360',
      '  draft by acme-large: cost estimated',
      '  review by acme-small: cost estimated',
      '  draft by acme-large: cost estimated',
      '  title by openai/gpt-5-mini: cost known',
      'summaries: 1 plan, 2 runs, $0.012360',
      `Files: ${join(workspace, 'infospaces', 'summaries')}`,
      '',
    ]);
  });

  it('leaves the files of an infospace behind', () => {
    const infospace = join(workspace, 'infospaces', 'summaries');
    const read = (/** @type {string[]} */ ...path) => readFileSync(join(infospace, ...path), 'utf8');

    expect(read('output', 'budget', 'plans.yaml')).toContain('estimated_cost_usd: 0.0126');
    const usage = read('output', 'budget', 'usage.yaml');
    expect(usage.match(/run_index: \d+/g)).toEqual(['run_index: 1', 'run_index: 2']);
    expect(usage).toContain('total_cost_usd_known: 0.0002');
    expect(read('output', 'budget', 'summary.yaml')).toContain('run_index: 2');
    expect(read('reports', 'generation-summary.md')).toContain('cost $0.006200/$0.012600 (0.49×)');
  });
});
