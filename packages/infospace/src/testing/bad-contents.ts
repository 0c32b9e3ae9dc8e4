import { choicesFrom } from '@budget/test-tools';

/** What no file may hold, whatever is expected in it: its bytes as latin-1. */
export const badEverywhere: Readonly<Record<string, string>> = {
  'an image': `\x89PNG\r\n\x1a\n${randomBytes(3000)}`,
  'random bytes': randomBytes(5000),
  'text in latin-1': 'a: \xfc\n',
  'text in UTF-16': Buffer.from('\ufeffa: 1\n', 'utf16le').toString('latin1'),
  'a cut character': 'a: \xe2\x82',
  'half a surrogate pair': 'a: \xed\xa0\x80\n',
  'an overlong encoding': 'a: \xc0\xaf\n',
  'a NUL in the middle': 'a: 1\n\0b: 2\n',
  'nothing but NULs': '\0'.repeat(1_000_000),
  'escape characters': 'a: \x1b[31m\n',
  '100,000 brackets': '['.repeat(100_000),
  '100,000 pairs of brackets': `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  '100,000 braces': '{'.repeat(100_000),
  '100,000 maps in JSON': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'a list in a list, 100,000 deep': `${'- '.repeat(100_000)}a\n`,
  'a key in a key, 100,000 deep': `${'? '.repeat(100_000)}a\n`,
  '3,000 nested blocks': Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  'a billion laughs in lists': laughs((aliases) => `[${aliases.join(', ')}]`),
  'a billion laughs in maps': laughs(
    (aliases) => `{${aliases.map((alias, index) => `k${index}: ${alias}`).join(', ')}}`,
  ),
  'a thousand merges of a thousand keys': `base: &base {${keys(1000)}}\n${lines(1000, (index) => `m${index}: {<<: *base}`)}`,
  'an alias of nothing': 'a: *nothing\n',
  'an alias of itself': 'a: &a [*a]\n',
  'two documents': 'a: 1\n---\nb: 2\n',
  'an open quote': 'a: "b\nc: 1\n',
  'an open bracket': 'a: [1, 2\nb: 3\n',
  'a tab as indentation': 'a:\n\tb: 1\n',
  'a conflict of a merge': '<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n',
  'an object of Python': '!!python/object/apply:os.system ["true"]\n',
  'a list as a key': '? [a, b]\n: c\n',
  'an integer of 5,000 digits': `a: ${'9'.repeat(5000)}\n`,
  'the text of a web page': '<!doctype html>\n<html><body class="a">Not: found</body></html>\n',
  'a word': 'text\n',
  'a number': '5\n',
  'a list': '- a\n- b: 1\n',
  'a list in JSON': '[{"a": 1}]',
  'a text in JSON': '"text"',
  'a comma too many in JSON': '{"run_id": "a", "stage": "b",, }',
  'half of JSON': '{"run_id": "a", "stages": [{"stage_id": "a", "prov',
};

/** What may be right, and must not take long: each is a way in which a reader can become slow. */
export const costly: Readonly<Record<string, string>> = {
  'blank lines before a newer version': `a: 1\n${'\n'.repeat(100_000)}b: 1\nschema_version: 2\n`,
  '15,000 unknown fields': lines(15_000, (index) => `k${index}: 1`),
  '15,000 models': `rates:\n${lines(15_000, (index) => `  m${index}: {prompt_per_1k: 1}`)}`,
  'a merge of 9,000 keys': `base: &base {${keys(9000)}}\nb: {<<: *base}\n`,
  '20,000 anchors and aliases': lines(20_000, (index) => `k${index}: [&a${index} a, *a${index}]`),
  '100,000 comments': `a: 1\n${'# a remark\n'.repeat(100_000)}`,
  'one line of 4 MB': `a: ${'word '.repeat(800_000)}\n`,
  'a text of 100,000 lines': `a:\n${'  word\n'.repeat(100_000)}`,
  'a quoted text of 100,000 lines': `a: "\n${'  word\n'.repeat(100_000)}"\n`,
  'a block of 100,000 lines': `a: |\n${'  - run_index: 1\n'.repeat(100_000)}`,
  '100,000 dashes': `runs:\n${'- \n'.repeat(100_000)}`,
  'a number in base 60 without end': `a: ${'1:'.repeat(2000)}1\n`,
  'a float of a million digits': `a: 0.${'1'.repeat(1_000_000)}\n`,
  'a decimal of a million digits in JSON': `{"a": 0.${'1'.repeat(1_000_000)}}`,
  'a tag of a million characters': `a: !${'x'.repeat(1_000_000)} b\n`,
  'an anchor of a million characters': `a: &${'x'.repeat(1_000_000)} b\n`,
  'a key of a million characters': `${'x'.repeat(1_000_000)}: b\n`,
};

function randomBytes(length: number): string {
  const choices = choicesFrom(1);
  return Array.from({ length }, () => String.fromCharCode(choices.between(0, 255))).join('');
}

function laughs(collect: (aliases: string[]) => string): string {
  const first = `a0: &a0 ${collect(Array.from({ length: 10 }, () => 'x'))}\n`;
  const level = (depth: number): string =>
    `a${depth}: &a${depth} ${collect(Array.from({ length: 10 }, () => `*a${depth - 1}`))}\n`;
  return first + Array.from({ length: 11 }, (_, depth) => level(depth + 1)).join('');
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `k${index}: 1`).join(', ');
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join('');
}
