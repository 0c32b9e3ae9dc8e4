import { describe, expect, it } from 'vitest';
import { refuseTwice } from './refuse-twice.js';
import { parseUsageText } from './usage-text.js';

const entry = (index: number): string => `- run_index: ${index}\n  per_bucket: []\n`;

describe('a list that stands twice, as after a merge of two branches', () => {
  it('is refused with its line: the next rewrite would lose the first', () => {
    const text = `schema_version: 1\nruns:\n${entry(1)}runs:\n${entry(2)}`;
    expect(() => parseUsageText(text, 'usage.yaml')).toThrow(/^usage\.yaml:2: runs stands 2 times/);
  });

  it.each(['runs:', '"runs":', "'runs' :", 'runs: # the rest', 'runs: []'])('is seen as %s', (second) => {
    expect(() => refuseTwice('runs', `runs:\n${entry(1)}${second}\n`, 'usage.yaml', '')).toThrow(/stands 2 times/);
  });

  it.each(['  runs: 2', 'runs_count: 2', '# runs:', '- runs: 2', 'reruns: 1'])('is not meant by %s', (line) => {
    expect(() => refuseTwice('runs', `runs:\n${entry(1)}${line}\n`, 'usage.yaml', '')).not.toThrow();
  });
});
