import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./put-away-and-ask.mjs', import.meta.url));

describe('a program that puts projects away', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it('knows what they cost, and which archive is no longer whole', () => {
    // In a process of its own, so that it is the built package that runs, as for anybody who installed it.
    const environment = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    const output = execFileSync(process.execPath, [program], { encoding: 'utf8', env: environment });
    const archives = join(temporary, readdirSync(temporary)[0] ?? '', 'archives');
    expect(output.split('\n')).toEqual([
      'handbook-20261122T120000Z.tar.gz: 4 files, without .env',
      'experiment-20261122T120000Z.tar.gz: 4 files, without .env',
      'experiment: 580 tokens, at least $0.000000',
      'handbook: 1540 tokens, $0.000980',
      'experiment-20261122T120000Z.tar.gz: archive_damaged',
      'handbook-20261122T120000Z.tar.gz is whole.',
      `Archives: ${archives}`,
      '',
    ]);
    expect(readdirSync(archives)).toHaveLength(4);
  });
});
