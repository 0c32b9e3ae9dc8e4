import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from '@budget/golden';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { count, seed, text, value } from '../testing/hostile-values.js';
import { spell } from '../testing/pyyaml.js';
import { readSimpleYaml } from './read-simple-yaml.js';
import { readWholeYaml } from './read-yaml.js';
import type { YamlValue } from './scalars.js';
import { writeYaml } from './write-yaml.js';

/** Either it leaves a text to the whole parser, or it says the same; what that one refuses it must not read. */
function agrees(source: string): boolean {
  const simple = readSimpleYaml(source);
  if (simple === undefined) return false;
  let whole: YamlValue;
  try {
    whole = readWholeYaml(source, 'source.yaml', '');
  } catch (error) {
    return expect.fail(`read what is no YAML: ${JSON.stringify(source)}: ${String(error)}`);
  }
  expect(spell(simple), source).toEqual(spell(whole));
  return true;
}

const documents = fc.dictionary(text, value, { maxKeys: 5, noNullPrototype: false }).map(writeYaml);

it(`says what the whole parser says of whatever we write (seed ${seed})`, { timeout: 600_000 }, () => {
  const sources = fc.sample(documents, { seed, numRuns: count });
  // Hostile values are seldom simple; some of these documents hold few or none.
  expect(sources.filter(agrees).length).toBeGreaterThan(count / 100);
});

it(`says what the whole parser says of texts that were damaged (seed ${seed})`, { timeout: 600_000 }, () => {
  const usual = readdirSync(join(fixtures, 'layer1-golden')).flatMap((name) =>
    ['plans', 'usage', 'summary'].map((document) =>
      join(fixtures, 'layer1-golden', name, 'expected-workspace/infospaces/demo/output/budget', `${document}.yaml`),
    ),
  );
  const texts = usual.flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8').split('\n').slice(0, 60).join('\n')];
    } catch {
      return [];
    }
  });
  const damage = fc.record({
    source: fc.oneof(fc.constantFrom(...texts), documents),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(6),
    insert: fc.oneof(
      fc.constantFrom(
        ' ',
        '  ',
        '-',
        '- ',
        ':',
        ': ',
        '\n',
        '\n- ',
        '#',
        ' #',
        "'",
        '"',
        'a',
        '0',
        '\t',
        '[',
        '{',
        '&a ',
        '*a',
        '|',
        '>',
        '?',
        '? ',
        '!',
        ',',
        '.',
        '---\n',
        '\n...\n',
        'é',
        '\\',
      ),
      fc.string({ maxLength: 3 }),
    ),
  });
  fc.assert(
    fc.property(damage, ({ source, at, remove, insert }) => {
      const start = Math.floor(at * source.length);
      agrees(`${source.slice(0, start)}${insert}${source.slice(start + remove)}\n`.replace(/\n\n$/, '\n'));
    }),
    { seed, numRuns: count * 3 },
  );
});

it("reads the earlier tool's files and ours without help", () => {
  const path = 'layer1-golden/case-05/expected-workspace/infospaces/demo/output/budget/';
  for (const document of ['plans', 'usage', 'summary']) {
    expect(agrees(readFileSync(join(fixtures, path, `${document}.yaml`), 'utf8')), document).toBe(true);
  }
});

it.each([
  'on: 1\n',
  'null: 1\n',
  'a: 1\na: 2\n',
  'a:\n- b\n-\n',
  'a:\n  b: 1\n c: 2\n',
  'a:\n   b: 1\nc:\n',
  '- - a\n  - b\n- c: 1\n  d:\n  - e\n',
  'a: 1:30\nb: 010\nc: 1_0\nd: 0o7\ne: 2026-05-17\n',
  'a: ...\n',
  '...\n',
  '---\n',
  "'a': 'b'\n",
  `a: ${'9'.repeat(5000)}\n`,
  '__proto__: 1\nconstructor: 2\n',
])('agrees on %j', (source) => {
  let whole: YamlValue | undefined;
  try {
    whole = readWholeYaml(source, 'source.yaml', '');
  } catch {
    // Then the simple reader must have left it alone.
  }
  const simple = readSimpleYaml(source);
  if (simple !== undefined) expect(spell(simple)).toEqual(spell(whole));
});
