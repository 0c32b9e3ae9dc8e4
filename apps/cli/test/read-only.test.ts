import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InfospaceOnDisk, summary, usage } from './infospace-on-disk.js';
import { bin as builtBin } from './run-budget.js';

const denied = /permission is denied; check who owns it/;
// Permissions do not bind root.
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

describe('when nothing may be written', { timeout: 120_000 }, () => {
  let command: string;
  let workspace: string;
  let place: InfospaceOnDisk;

  beforeAll(() => {
    // Where everybody may read it, also when this repository is in root's home.
    command = mkdtempSync(join(tmpdir(), 'budget-read-only-command-'));
    cpSync(dirname(builtBin), join(command, 'dist'), { recursive: true });
    writeFileSync(join(command, 'package.json'), '{"type": "module"}');
    chmodSync(command, 0o755);
  });
  afterAll(() => rmSync(command, { recursive: true, force: true }));

  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'budget-read-only-'));
    place = new InfospaceOnDisk(workspace, { ...nobody, bin: join(command, 'dist', 'bin.js') });
    giveAway(workspace);
  });
  afterEach(() => {
    spawnSync('chmod', ['-R', 'u+rwX', workspace]);
    rmSync(workspace, { recursive: true, force: true });
  });

  function giveAway(path: string): void {
    if (nobody.uid !== undefined) chownSync(path, nobody.uid, nobody.gid);
    if (statSync(path).isDirectory()) for (const name of readdirSync(path)) giveAway(join(path, name));
  }

  function recordBoth(): void {
    place.succeed(place.planRecord(1));
    place.succeed(place.runRecord('r1'));
  }

  function makeReadOnly(): void {
    giveAway(workspace);
    spawnSync('chmod', ['-R', 'a-w', workspace]);
  }

  /** Also that they change nothing. */
  function expectReadersToWork(runs: number): Record<string, unknown> {
    const before = place.contents();
    const status = place.status();
    expect(status).toMatchObject({ runs_count: runs, plans_count: 1 });
    const entries = Array(runs).fill(expect.anything());
    expect(place.succeed(['show', place.path])).toMatchObject({ usage: { runs: entries } });
    expect(place.succeed(['list', workspace])).toMatchObject([{ runs_count: runs, error: null }]);
    for (const reader of [
      ['status', place.path],
      ['show', place.path],
      ['list', workspace],
    ]) {
      const { code, stderr } = place.budget([...reader, '--format', 'table']);
      expect(code, stderr).toBe(0);
      expect(stderr).not.toMatch(/error|\n\s+at /);
    }
    expect(place.contents()).toEqual(before);
    return status;
  }

  it('both kinds of record refuse, every byte stays, and readers read', () => {
    recordBoth();
    const [runRecord, planRecord] = [place.runRecord('r2'), place.planRecord(2)];
    makeReadOnly();
    place.expectRefusal(runRecord, 'output/budget', denied);
    place.expectRefusal(planRecord, 'output/budget', denied);
    expect(expectReadersToWork(1)).toMatchObject({ warnings: [] });
  });

  it('readers read a run whose summary is missing, and say that they could not write it', () => {
    recordBoth();
    rmSync(place.file(summary));
    makeReadOnly();
    const told = /summary is not yet written and could not be completed: .*permission is denied/;
    const warnings = [expect.stringMatching(told)];
    expect(expectReadersToWork(1)).toMatchObject({ budget_summary: null, warnings });
  });

  it('readers read past a torn entry, and leave it where it is', () => {
    recordBoth();
    place.write(usage, `${place.read(usage)}- run_index: 2\n  run_id: half`);
    makeReadOnly();
    const warnings = [expect.stringContaining('is not whole and is not counted (29 bytes)')];
    expect(expectReadersToWork(1)).toMatchObject({ warnings });
  });

  it('so they do where only the directory is read-only, and the files in it are not', () => {
    recordBoth();
    const [runRecord, planRecord] = [place.runRecord('r2'), place.planRecord(2)];
    giveAway(workspace);
    chmodSync(place.file('output/budget'), 0o555);
    place.expectRefusal(runRecord, 'output/budget', denied);
    place.expectRefusal(planRecord, 'output/budget', denied);
    expect(expectReadersToWork(1)).toMatchObject({ warnings: [] });
  });

  it('an infospace that has nothing yet gets nothing', () => {
    const runRecord = place.runRecord('r1');
    makeReadOnly();
    place.expectRefusal(runRecord, 'output', denied);
    expect(place.status()).toMatchObject({ runs_count: 0, warnings: [] });
  });
});
