import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, sample, seed, text, value } from '../testing/hostile-values.js';
import { askPyYaml, python, spell } from '../testing/pyyaml.js';
import { readYaml } from './read-yaml.js';
import { YamlTimestamp } from './scalars.js';
import { writeListItem, writeYaml } from './write-yaml.js';

describe.skipIf(python === undefined)('PyYAML (needs a python3 with yaml)', { timeout: 60_000 }, () => {
  it(`reads what we write to the same values (seed ${seed})`, () => {
    const values = sample(fc.dictionary(text, value, { maxKeys: 5, noNullPrototype: false }));
    const answers = askPyYaml(values.map((written) => ({ load: writeYaml(written) })));
    values.forEach((written, index) => {
      expect(answers[index]?.value, `${answers[index]?.error}\n${writeYaml(written)}`).toEqual(spell(written));
    });
  });

  it(`reads an item that we append, at any indentation (seed ${seed})`, () => {
    const items = sample(fc.tuple(value, fc.integer({ min: 0, max: 6 })));
    const append = ([item, indentation]: [unknown, number]): string =>
      `runs:\n${' '.repeat(indentation)}- 1\n${writeListItem(item, indentation)}`;
    const answers = askPyYaml(items.map((item) => ({ load: append(item) })));
    items.forEach(([item, indentation], index) => {
      const expected = spell({ runs: [1, item] });
      expect(answers[index]?.value, `${answers[index]?.error}\n${append([item, indentation])}`).toEqual(expected);
    });
  });

  it(`writes what we read to the same values (seed ${seed})`, () => {
    const values = sample(value);
    const styles = [{}, { default_flow_style: true }, { allow_unicode: true }, { width: 20 }, { default_style: '"' }];
    const requests = values.map((dumped, index) => {
      const dump = spell(dumped);
      // Bare, these three end a line in YAML 1.1 and are letters in YAML 1.2; PyYAML escapes them unless told not to.
      const bareLineEnds = /\b(133|8232|8233)\b/.test(JSON.stringify(dump));
      return { dump, options: bareLineEnds ? {} : (styles[index % styles.length] as object) };
    });
    const answers = askPyYaml(requests);
    values.forEach((written, index) => {
      const dumped = answers[index]?.text;
      expect(dumped, answers[index]?.error).toBeDefined();
      expect(spell(readYaml(dumped as string, 'dumped.yaml')), dumped).toEqual(spell(written));
    });
  });

  it(`takes every plain scalar for the same value (seed ${seed})`, () => {
    const plain = sample(fc.oneof(text, fc.stringMatching(/^[-+0-9._:eExXbotTnNfFyYlLaAuUrRsS~]{1,10}$/))).filter(
      (candidate) => /^[\w.+~=<-][\w.:+~=<-]*$/.test(candidate) && !/^(-|\.\.\.|---)|:$/.test(candidate),
    );
    const answers = askPyYaml(plain.map((candidate) => ({ load: `a: ${candidate}` })));
    expect(plain.length).toBeGreaterThan(count / 10);
    plain.forEach((candidate, index) => {
      // Only PyYAML checks the calendar; a date that does not exist is kept as it stands here.
      if (answers[index]?.error !== undefined) return;
      const ours = readYaml(`a: ${candidate}`, 'plain.yaml');
      if ((ours as { a: unknown }).a instanceof YamlTimestamp) return;
      expect(spell(ours), candidate).toEqual(answers[index]?.value);
    });
  });
});
