import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../torture/hub-restarts.mjs', import.meta.url));

// The long form is what the script does without flags.
describe('a hub that is killed and started anew at random', () => {
  it('has every event exactly once after a flush', { timeout: 120_000 }, async () => {
    const flags = ['--runs', '60', '--at-once', '2'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...flags]);
    expect(JSON.parse(stdout), stderr).toMatchObject({ runs: 60, inHub: 60, waiting: 0, dropped: 0, disabled: 0 });
  });
});
