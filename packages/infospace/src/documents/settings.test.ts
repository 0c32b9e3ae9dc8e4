import { describe, expect, it } from 'vitest';
import { parseSettings } from './settings.js';
import { defaultSettings } from './settings-values.js';

const parse = (text: string) => parseSettings(text, 'budget.yaml');
const message = (text: string): string => {
  try {
    parse(text);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('budget.yaml', () => {
  it('rounds a limit down: nobody may spend more than was written', () => {
    expect(parse('budget: {max_usd: 0.0000000019, warn_usd: 0.0000000015}')).toMatchObject({
      maxNanoUsd: 1n,
      warnNanoUsd: 1n,
    });
    expect(parse('budget: {max_usd: 1.9999999999}').maxNanoUsd).toBe(1_999_999_999n);
    expect(parse('budget: {max_usd: 1.0e-300}').maxNanoUsd).toBe(0n);
    expect(parse('budget: {max_usd: 0.1, warn_usd: 5}')).toMatchObject({
      maxNanoUsd: 100_000_000n,
      warnNanoUsd: 5_000_000_000n,
    });
  });

  it.each(['budget:', 'models:', 'program:', 'hub:', 'schema_version:', 'budget:\n  # max_usd: 5'])(
    'may have nothing under a key, as %j',
    (text) => {
      expect(parse(`${text}\n`)).toEqual(defaultSettings);
    },
  );

  it('refuses a limit that it does not know, and one that has no amount', () => {
    expect(message('budget:\n  max_uds: 5\n')).toMatch(
      /^budget\.yaml:2: budget\.max_uds: not known; allowed are max_usd/,
    );
    expect(message('budget:\n  max_usd:\n')).toMatch(/^budget\.yaml:2: budget\.max_usd: an amount of USD/);
  });

  it('that has another schema_version is left to its owner: doctor does not set it aside', () => {
    expect(message('schema_version: "1"\n')).toBe(
      'budget.yaml:1: schema_version must be 1. Mend the file and run again.',
    );
    expect(message('schema_version: 2\n')).toContain('upgrade budget');
  });

  it('refuses two rows of one model that say different things, and takes one model under two names', () => {
    const rows = (...more: string[]) =>
      `models:\n${more.map((each, index) => `- {name: n${index}, ${each}}\n`).join('')}`;
    const one = 'provider: openai, model: o3';
    expect(message(rows(`${one}, free: true`, 'provider: OpenAI, model: O3'))).toMatch(
      /^budget\.yaml:3: models\.1: models\.0 says something else of the same provider and model/,
    );
    expect(parse(rows(one, `${one}, free: false`, 'provider: azure, model: o3, free: true')).models).toHaveLength(3);
  });

  it.each(['""', '" "', '" acme"', '"ac\\nme"', 'w'.repeat(201)])(
    'refuses %s as the name of a workspace, which is no part of a scope',
    (name) => {
      expect(message(`workspace: ${name}\n`)).toBe(
        'budget.yaml:1: workspace: a name of at most 200 characters, without control characters and without blanks at its ends',
      );
      expect(parse('workspace: Åcme & Co/x\n').workspace).toBe('Åcme & Co/x');
    },
  );

  it('tells of a limit that stands beside budget where it belongs, and of others that they are not known', () => {
    expect(parse('retention: 5\nmax_usd: 5\nretain: 5\n').warnings).toEqual([
      'budget.yaml:2: max_usd limits nothing here: it belongs under budget.',
      'budget.yaml:3: retain is not known and has no effect.',
    ]);
  });

  it('tells of limits that it knows and nothing holds yet', () => {
    expect(parse('budget:\n  max_usd: 5\n  max_infer_usd: 3\n').warnings).toEqual([
      'budget.yaml:3: budget.max_infer_usd is not used yet and limits nothing.',
    ]);
    expect(parse('budget: {max_usd: 5}\n').warnings).toEqual([]);
  });

  it('may share limits by a merge key', () => {
    expect(parse('.limits: &limits {max_usd: 5}\nbudget: {<<: *limits, max_calls: 3}')).toMatchObject({
      maxNanoUsd: 5_000_000_000n,
      maxCalls: 3,
    });
  });
});
