import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deadLinks } from './lib/dead-links.mjs';
import { rootDirectory } from './lib/root-directory.mjs';

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'));
  write('docs/x.md', '');
  write(
    'docs/other.md',
    '# Other page\n\n## Costs and `≥`\n\n## Twice\n\n## Twice\n\n### [A link](x.md) in it: `code`\n',
  );
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const dead = () => deadLinks(root).map(({ path, line, message }) => `${path}:${line} ${message}`);

describe('a link is dead', () => {
  test.each([
    ['to a file that is not there', '[x](missing.md)', 'missing.md: there is no such file'],
    ['to a heading that is not there', '[x](other.md#not-yet)', 'other.md#not-yet: there is no such heading'],
    ['to a heading of its own page', '[x](#nowhere)', '#nowhere: there is no such heading'],
    ['to a heading that is code in a fence', '[x](#a)\n```sh\n# a\n```', '#a: there is no such heading'],
    ['to a picture', '![x](missing.svg)', 'missing.svg: there is no such file'],
    ['whose words are code', '[`x`](missing.md)', 'missing.md: there is no such file'],
    ['that is named at the end', '[x]\n\n[x]: missing.md', 'missing.md: there is no such file'],
  ])('%s', (_which, text, message) => {
    write('docs/page.md', `# Page\n\n${text}\n`);
    expect(dead()).toEqual([expect.stringMatching(/^docs\/page\.md:\d+ /)]);
    expect(dead()[0]).toContain(message);
  });

  test('and its line is told, also behind code', () => {
    write('docs/page.md', '# Page\n\n```sh\na\n```\n\nwords [over\nlines](missing.md)\n');
    expect(dead()).toEqual(['docs/page.md:8 missing.md: there is no such file']);
  });
});

test.each([
  '[x](other.md)',
  '[x](../docs/other.md#costs-and-)',
  '[x](other.md#twice) [x](other.md#twice-1)',
  '[x](other.md#a-link-in-it-code)',
  '[x](#page)',
  '[x](https://example.com/missing.md#a) [x](mailto:a@example.com)',
  '`[x](missing.md)`',
  '```md\n[x](missing.md)\n```',
])('%s is none', (text) => {
  write('docs/page.md', `# Page\n\n${text}\n`);
  expect(dead()).toEqual([]);
});

test('what others wrote is not looked at', () => {
  write('node_modules/other/README.md', '[x](missing.md)');
  expect(dead()).toEqual([]);
});

test('the command names the place and fails', () => {
  write('README.md', '[x](missing.md)\n');
  const script = join(rootDirectory, 'scripts', 'check-links.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout).toBe('README.md:1 missing.md: there is no such file\nDead links: 1.\n');
});
