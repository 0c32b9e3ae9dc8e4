import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./tell-the-hub.mjs', import.meta.url));

describe('a program that tells a hub of its runs', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  let output = '';

  beforeAll(() => {
    // In a process of its own, so that it is the built package that runs, as for anybody who installed it.
    const environment = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    output = execFileSync(process.execPath, [program], { encoding: 'utf8', env: environment });
  }, 60_000);
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it('is not held up by a hub that is away, and sends each event once', () => {
    const outbox = join(temporary, readdirSync(temporary)[0] ?? '', 'outbox');
    expect(output.split('\n')).toEqual([
      'The first run: {"status":"queued","reason":"the hub cannot be reached (ECONNREFUSED)"}',
      'Waiting: 1',
      '  POST /token-events: run 2 of urn:budget:acme:research-notes, 1500 tokens',
      '  POST /token-events: run 1 of urn:budget:acme:research-notes, 1500 tokens',
      'The second run: {"status":"sent","reason":null}',
      'Waiting: 0',
      'Opted out: {"status":"disabled","reason":"DO_NOT_TRACK is set"}',
      `Outbox: ${outbox}`,
      '',
    ]);
    expect(readdirSync(outbox)).toEqual([]);
  });
});
