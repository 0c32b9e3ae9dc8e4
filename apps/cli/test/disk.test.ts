import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK_BYTES, InfospaceOnDisk, plans, summary, usage } from './infospace-on-disk.js';
import { smallDisk } from './small-disk.js';

describe('when a file cannot grow any more', { timeout: 120_000 }, () => {
  const limited = /the limit on the size of a file is reached; raise it/;
  let workspace: string;
  let place: InfospaceOnDisk;

  beforeEach(() => {
    workspace = mkdtempSync(join(tmpdir(), 'budget-disk-'));
    place = new InfospaceOnDisk(workspace);
  });
  afterEach(() => rmSync(workspace, { recursive: true, force: true }));

  it('an append to usage.yaml is taken back, and the same command works once there is room', () => {
    place.succeed(place.runRecord('r1'));
    place.succeed(place.runRecord('r2'));
    const command = place.runRecord('r3', 12);
    const before = place.read(usage);
    // From not a byte more to all but the end of the entry.
    for (const blocks of [0, 1, 6]) {
      place.expectRefusal(command, usage, limited, { limit_bytes: before.length + blocks * BLOCK_BYTES });
    }
    expect(place.succeed(command)).toMatchObject({ run: { run_index: 3 }, warnings: [] });
    expect(place.read(usage).startsWith(before)).toBe(true);
    expect(place.status()).toMatchObject({ runs_count: 3, warnings: [] });
  });

  it('a first usage.yaml is not there at all', () => {
    const command = place.runRecord('r1', 30);
    place.expectRefusal(command, usage, limited, { limit_bytes: 8 * BLOCK_BYTES });
    expect(readdirSync(place.file('output/budget')).filter((name) => !/^\.(?:lock|index-)/.test(name))).toEqual([]);
    expect(place.succeed(command)).toMatchObject({ run: { run_index: 1 }, warnings: [] });
  });

  it('plans.yaml stays as it is, and the same plan is recorded once there is room', () => {
    place.succeed(place.planRecord(1, 100));
    const command = place.planRecord(2, 100);
    place.expectRefusal(command, plans, limited, { limit_bytes: place.size(plans) + BLOCK_BYTES });
    expect(place.succeed(command)).toMatchObject({ refreshed: false, warnings: [] });
    expect(place.status()).toMatchObject({ plans_count: 2 });
  });

  it('a summary.yaml that cannot be written is told, the run stays recorded, and the next command writes it', () => {
    place.succeed(place.runRecord('r1', 1));
    place.succeed(place.planRecord(1, 200));
    const before = place.read(summary);
    const command = place.runRecord('r2', 1);
    const limit_bytes = sizeBetween(command);
    const { run, warnings } = place.succeed(command, { limit_bytes });
    expect(run).toMatchObject({ run_index: 2 });
    expect(warnings).toEqual([expect.stringMatching(limited)]);
    expect(warnings).toEqual([expect.stringContaining(place.file(summary))]);
    expect(place.read(summary)).toBe(before);
    expect(place.status()).toMatchObject({ runs_count: 2, budget_summary: { run_index: 2 } });
    expect(place.size(summary)).toBeGreaterThan(limit_bytes);
    expect(place.succeed(command)).toMatchObject({ run: null, already_recorded: 1, warnings: [] });
  });

  /** A limit that lets usage.yaml pass and not summary.yaml: a plan compared is longer than a plan. Tried on a twin. */
  function sizeBetween(command: readonly string[]): number {
    const twin = new InfospaceOnDisk(join(workspace, 'twin'));
    cpSync(place.path, twin.path, { recursive: true });
    twin.succeed(command.map((argument) => (argument === place.path ? twin.path : argument)));
    expect(twin.size(summary) - twin.size(usage)).toBeGreaterThan(4 * BLOCK_BYTES);
    return (twin.size(summary) + twin.size(usage)) / 2;
  }
});

const disk = smallDisk();

if (disk !== null) {
  describe('when the disk is full', { timeout: 120_000 }, () => {
    const full = /the disk is full; free some space and run again/;

    afterAll(() => {
      disk.remove();
    });

    it('an archive is not there at all, nor a part of it, and the same command works where there is room', () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'budget-disk-'));
      const place = new InfospaceOnDisk(elsewhere);
      // Twice as much as the disk has, and none of it can be compressed.
      writeFileSync(place.file('large.bin'), randomBytes(2 * 1024 * 1024));
      const to = join(disk.directory, 'archives');
      const command = ['archive', 'create', place.path, '--to', to];
      const { code, stdout, stderr } = place.budget(command);
      expect({ code, stdout }, stderr).toEqual({ code: 5, stdout: '' });
      expect(stderr).toMatch(full);
      expect(readdirSync(to)).toEqual([]);
      expect(place.succeed(command.with(-1, join(elsewhere, 'archives')))).toMatchObject({ state: 'created' });
      rmSync(to, { recursive: true });
      rmSync(elsewhere, { recursive: true });
    });

    it('nothing changes, and the same commands work once there is room', () => {
      const place = new InfospaceOnDisk(disk.directory);
      place.succeed(place.planRecord(1));
      place.succeed(place.runRecord('r1'));
      const runRecord = place.runRecord('r2', 60);
      const planRecord = place.planRecord(2, 2000);
      // Room for a part of what comes, so that what is written has to be taken back.
      disk.fillUpTo(3);
      place.expectRefusal(runRecord, usage, full);
      place.expectRefusal(planRecord, plans, full);
      expect(place.status()).toMatchObject({ runs_count: 1, plans_count: 1, warnings: [] });
      disk.makeRoom();
      expect(place.succeed(runRecord)).toMatchObject({ run: { run_index: 2 }, warnings: [] });
      expect(place.succeed(planRecord)).toMatchObject({ refreshed: false, warnings: [] });
    });
  });
}
