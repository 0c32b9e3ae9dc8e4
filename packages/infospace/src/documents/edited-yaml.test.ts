import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, sample, seed, text } from '../testing/hostile-values.js';
import { askPyYaml, python, spell } from '../testing/pyyaml.js';
import { asFloat } from '../yaml/scalars.js';
import { readEditedYaml } from './edited-yaml.js';

const read = (yaml: string): unknown => readEditedYaml(yaml, 'budget.yaml').value;
const refusal = (yaml: string): unknown => {
  try {
    return read(yaml);
  } catch (error) {
    return error;
  }
};

describe('a file that people edit', () => {
  it('takes over the fields of another map by a merge key; its own fields win', () => {
    const yaml = 'base: &base {x: 1, y: 2}\nother: &other {x: 3, z: 4}\n';
    expect(read(`${yaml}a: {<<: *base, x: 5}\nb: {<<: [*base, *other]}`)).toMatchObject({
      a: { x: 5, y: 2 },
      b: { x: 1, y: 2, z: 4 },
    });
  });

  it('may name one anchor more than a hundred times', () => {
    const rows = Array.from({ length: 500 }, (_, index) => `  row-${index}: {<<: *base, x: ${index}}`);
    expect(read(`base: &base {y: 2}\nrows:\n${rows.join('\n')}`)).toMatchObject({
      rows: { 'row-499': { x: 499, y: 2 } },
    });
  });

  it('refuses to merge what is no map, with its line', () => {
    expect(refusal('a: 1\nb:\n  <<: 5\n')).toMatchObject({ code: 'file_invalid', kind: 'input', line: 3 });
  });

  it('refuses aliases that stand for far more than the file holds, alone or merged', () => {
    const nested = (item: (index: number) => string): string =>
      ['k0: &k0 [x, x]', ...Array.from({ length: 60 }, (_, index) => `k${index + 1}: ${item(index)}`)].join('\n');
    const bombs = [
      nested((index) => `&k${index + 1} [*k${index}, *k${index}]`),
      nested((index) => `&k${index + 1} {a: *k${index}, b: *k${index}}`),
    ];
    for (const bomb of bombs) expect(refusal(bomb)).toMatchObject({ code: 'file_invalid', kind: 'input' });
  });

  it.each([
    ['an alias without its anchor', 'a: *missing'],
    ['an alias inside its own anchor', 'a: &a [*a]'],
    ['a merge inside its own anchor', 'a: &a {<<: *a}'],
    ['a map as a key', '? {a: 1}\n: 2'],
    ['nesting without end', '['.repeat(50_000)],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a key that stands twice', 'a: 1\nb: 2\na: 3'],
  ])('refuses %s with a code', (_, yaml) => {
    expect(refusal(yaml)).toMatchObject({
      code: 'file_invalid',
      kind: 'input',
      file: 'budget.yaml',
      message: expect.stringMatching(/^budget\.yaml(:\d+)?: not readable as YAML: /),
    });
  });

  it('knows the line of a value, or of the nearest thing above it', () => {
    const { lineOf } = readEditedYaml('base: &base\n  x: 1\na:\n  <<: *base\n  y: [1,\n    2]\n', 'budget.yaml');
    expect([['base', 'x'], ['a', 'x'], ['a', 'y', 1], ['missing']].map(lineOf)).toEqual([2, 3, 6, 1]);
  });

  it('may begin with a byte order mark and have the line ends of Windows', () => {
    expect(read('\ufeffa: 1\r\nb: 2\r\n')).toEqual({ a: 1, b: 2 });
  });
});

describe.skipIf(python === undefined)(
  'a file that people edit, to PyYAML (needs a python3 with yaml)',
  { timeout: 600_000 },
  () => {
    it(`has the same plain scalars (seed ${seed})`, () => {
      const plain = sample(fc.oneof(text, fc.stringMatching(/^[-+0-9._:eExXbotTnNfFyYlLaAuUrRsS~]{1,10}$/))).filter(
        (candidate) => /^[\w.+~=<-][\w.:+~=<-]*$/.test(candidate) && !/^(-|\.\.\.|---)|:$/.test(candidate),
      );
      const answers = askPyYaml(plain.map((candidate) => ({ load: `- ${candidate}` })));
      expect(plain.length).toBeGreaterThan(count / 10);
      plain.forEach((candidate, index) => {
        const [expected] = (answers[index]?.value ?? []) as unknown[];
        // Only PyYAML checks the calendar, and a time is text here.
        if (answers[index]?.error !== undefined || isSpelled('time', expected)) return;
        const [ours] = read(`- ${candidate}`) as unknown[];
        expect(spell(isSpelled('float', expected) ? asFloat(ours as number) : ours), candidate).toEqual(expected);
      });
    });

    it(`has the same fields after merging (seed ${seed})`, () => {
      const fields = fc.dictionary(fc.constantFrom(...'abcde'), fc.nat(9), { noNullPrototype: false });
      const merge = fc.option(fc.record({ sources: fc.array(fc.nat(99), { maxLength: 3 }), at: fc.nat(5) }));
      const samples = sample(fc.array(fc.tuple(fields, merge), { minLength: 2, maxLength: 6 })).slice(0, count / 5);
      const documents = samples.map((maps) =>
        maps
          .map(([own, merged], index) => {
            const items = Object.entries(own).map(([key, value]) => `${key}: ${value}`);
            if (merged !== null && index > 0) {
              const sources = merged.sources.map((source) => `*m${source % index}`);
              items.splice(merged.at, 0, `<<: ${sources.length === 1 ? sources[0] : `[${sources.join(', ')}]`}`);
            }
            return `m${index}: &m${index} {${items.join(', ')}}`;
          })
          .join('\n'),
      );
      const answers = askPyYaml(documents.map((load) => ({ load })));
      documents.forEach((yaml, index) => {
        expect(spell(read(yaml)), `${answers[index]?.error}\n${yaml}`).toEqual(answers[index]?.value);
      });
    });
  },
);

function isSpelled(kind: string, spelled: unknown): boolean {
  return typeof spelled === 'object' && spelled !== null && kind in spelled;
}
