import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, inflateRawSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { archived, projectWithBudget } from '../testing/archives.js';
import { contents, temporaryDirectory, write } from '../testing/temporary.js';
import { treeOf } from '../testing/tree.js';
import { manifestText } from './archive-manifest.js';
import { createArchive, showArchive, verifyArchive } from './index.js';

let home: string;
let project: string;
const out = (name = 'out'): string => join(home, name);

beforeEach(async () => {
  home = temporaryDirectory();
  project = await projectWithBudget(join(home, 'demo'));
});

const namesIn = (archive: string): string[] =>
  execFileSync('tar', ['--quoting-style=literal', '-tzf', archive], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
    .trim()
    .split('\n');

describe('an archive', () => {
  it('says what the project cost, in its first entry and beside it', async () => {
    const { archive, sidecar, state, manifest, seal } = await archived(project, out());
    expect(state).toBe('created');
    expect(archive).toBe(out('out/demo-20261122T014958Z.tar.gz'));
    expect(sidecar).toBe(out('out/demo-20261122T014958Z.manifest.json'));
    expect(namesIn(archive).slice(0, 2)).toEqual(['manifest.json', 'files.jsonl']);
    expect(JSON.parse(readFileSync(sidecar, 'utf8'))).toEqual({ ...manifest, archive: seal });
    expect(seal.bytes).toBe(readFileSync(archive).length);
    expect(execFileSync('sha256sum', [archive], { encoding: 'utf8' })).toContain(seal.sha256);
    expect(manifest).toMatchObject({ schema_version: 1, created_at: '2026-11-22T01:49:58.082Z', slug: 'demo' });
    expect(manifest.metadata.budget_summary).toMatchObject({
      plans_count: 1,
      runs_count: 1,
      calls: 2,
      total_tokens: 23,
      total_cost_usd_known: 0.5,
      total_cost_usd_estimated: 0,
      cost_nano_usd_known: 500_000_000,
      unpriced_calls: 1,
      latest_snapshot_id: expect.stringMatching(/^[0-9a-f]{12}$/),
      last_run_at: '2026-11-22T01:49:58.082Z',
      by_model: [
        { provider: 'openrouter', model: 'test/rated', calls: 1, total_tokens: 14, unpriced_calls: 0 },
        { provider: 'openrouter', model: 'nobody/knows', calls: 1, total_tokens: 9, unpriced_calls: 1 },
      ],
    });
  });

  it('has its manifest in a block of its own, which can be read whatever follows', async () => {
    const { archive, manifest } = await archived(project, out());
    const bytes = readFileSync(archive);
    const mark = Buffer.from([0, 0, 0xff, 0xff]);
    const block = bytes.subarray(10, bytes.indexOf(mark) + mark.length);
    const entry = inflateRawSync(block, { finishFlush: constants.Z_SYNC_FLUSH });
    expect(entry.toString('utf8', 512).replace(/\0+$/, '')).toBe(manifestText(manifest));
  });

  it('is unpacked by GNU tar to the files that were there, long and foreign names too', async () => {
    const { archive, manifest } = await archived(project, out());
    mkdirSync(out('unpacked'));
    execFileSync('tar', ['-xzf', archive, '-C', out('unpacked')], { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    expect(contents(out('unpacked/demo'))).toEqual(contents(project));
    const lines = readFileSync(out('unpacked/files.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(manifest.files.count);
    const sums = lines.map((line) => JSON.parse(line)).map(({ sha256, path }) => `${sha256}  ${path}\n`);
    execFileSync('sha256sum', ['--check', '--quiet', '-'], { cwd: out('unpacked'), input: sums.join('') });
  });

  it('has the same bytes whatever the times, the modes and the order of its files on disk', async () => {
    const first = await archived(project, out('a'));
    const twin = out('twin/demo');
    // Written the other way round, which is another order on disk, and at another time.
    for (const name of Object.keys(treeOf(project)).reverse()) {
      write(twin, name, readFileSync(join(project, name)));
      utimesSync(join(twin, name), 12_345, 67_890);
    }
    execFileSync('chmod', ['-R', 'u=rwx,go=', twin]);
    const second = await archived(twin, out('b'));
    expect(second.seal).toEqual(first.seal);
    expect(readFileSync(second.archive).equals(readFileSync(first.archive))).toBe(true);
    expect(readFileSync(second.sidecar, 'utf8')).toBe(readFileSync(first.sidecar, 'utf8'));
  });

  it('takes its time from SOURCE_DATE_EPOCH, else the last run, else the last plan, else 1980', async () => {
    const createdAt = async (sourceDateEpochS?: number): Promise<string> => {
      const { manifest } = await createArchive({ infospace: project, to: out(), sourceDateEpochS });
      return manifest.created_at;
    };
    expect(await createdAt(1_000_000_000)).toBe('2001-09-09T01:46:40.000Z');
    expect(await createdAt()).toBe('2026-11-22T01:49:58.082Z');
    const usage = join(project, 'output/budget/usage.yaml');
    const plans = join(project, 'output/budget/plans.yaml');
    writeFileSync(usage, '');
    writeFileSync(plans, readFileSync(plans, 'utf8').replace(/recorded_at: .*/, "recorded_at: '2026-03-04 05:06:07'"));
    expect(await createdAt()).toBe('2026-03-04T05:06:07.000Z');
    writeFileSync(plans, '');
    expect(await createdAt()).toBe('1980-01-01T00:00:00.000Z');
  });

  it('of a project without budget data has no metadata', async () => {
    write(out('plain'), 'readme.md', 'hello\n');
    const before = treeOf(out('plain'));
    const { archive, manifest } = await archived(out('plain'), out());
    expect(manifest.metadata).toEqual({});
    expect((await verifyArchive(archive)).manifest).toEqual(manifest);
    expect(treeOf(out('plain'))).toEqual(before);
  });

  it('of an empty project is one too', async () => {
    mkdirSync(out('empty'));
    const { archive, manifest } = await archived(out('empty'), out());
    expect(manifest.files).toMatchObject({ count: 0, bytes: 0 });
    expect(await verifyArchive(archive)).toMatchObject({ sidecar: 'matches' });
  });

  it('has no more in its head than the head holds, however many models there were', async () => {
    const bucket = (index: number): string =>
      `  - {workflow_id: w, stage_id: s, provider: ${'p'.repeat(90)}, model: ${'m'.repeat(300)}-${index}, calls: 1, prompt_tokens: ${index}, completion_tokens: 0, cost_nano_usd_known: 9007199254740993}\n`;
    const buckets = Array.from({ length: 2000 }, (_, index) => bucket(index)).join('');
    write(
      project,
      'output/budget/usage.yaml',
      `schema_version: 1\nruns:\n- run_index: 1\n  rollup: {total_calls: 2000}\n  per_bucket:\n${buckets}  end_of_run: 1\n`,
    );
    const { archive, manifest } = await archived(project, out());
    const models = manifest.metadata.budget_summary?.by_model ?? [];
    const last = models.at(-1);
    expect(last).toMatchObject({ provider: null, model: null, other_models: 2000 - models.length + 1 });
    expect(models.reduce((sum, { calls }) => sum + calls, 0)).toBe(2000);
    const nano = models.reduce((sum, { cost_nano_usd_known }) => sum + BigInt(cost_nano_usd_known), 0n);
    expect(nano).toBe(2000n * 9007199254740993n);
    renameSync(join(home, 'out', 'demo-20261122T014958Z.manifest.json'), out('away'));
    expect((await showArchive(archive)).manifest).toEqual(manifest);
  });
});

describe('what is archived', () => {
  it('leaves out keys, what other tools make again, and what is of the moment, unless it is named', async () => {
    const secrets = [
      ...[
        '.env',
        '.env.local',
        'production.env',
        'keys/server.pem',
        'id_ed25519',
        '.npmrc',
        '.netrc',
        '.git-credentials',
      ],
      ...['loud/.ENV', 'loud/ID_RSA', 'loud/.Npmrc', 'loud/SERVER.PEM', 'state/budget/outbox/e.json'],
    ];
    const others = ['.git/config', 'web/node_modules/left-pad/index.js'];
    const moments = ['output/budget/runs/.open/r1', 'output/budget/.index-records'];
    const kept = [
      'id_ed25519.pub',
      'ID_RSA.PUB',
      'environment.md',
      'env',
      'x.envelope',
      'output/budget/runs/r1/costs.jsonl',
      '.gitignore',
    ];
    for (const name of [...secrets, ...others, ...moments, ...kept]) write(project, name, 'x');
    const plain = await archived(project, out());
    const names = namesIn(plain.archive);
    for (const name of [...secrets, ...others, ...moments]) expect(names).not.toContain(`demo/${name}`);
    for (const name of kept) expect(names).toContain(`demo/${name}`);
    expect(plain.leftOut).toEqual([
      '.env',
      '.env.local',
      '.git-credentials',
      '.git/',
      '.netrc',
      '.npmrc',
      'id_ed25519',
      'keys/server.pem',
      'loud/.ENV',
      'loud/.Npmrc',
      'loud/ID_RSA',
      'loud/SERVER.PEM',
      'production.env',
      'state/budget/outbox/',
      'web/node_modules/',
    ]);
    const include = ['.env', './.git', join(project, 'web/node_modules/left-pad')];
    const named = await createArchive({ infospace: project, to: out('named'), include });
    const more = namesIn(named.archive).filter((name) => !names.includes(name));
    expect(more).toEqual(['demo/.env', 'demo/.git/config', 'demo/web/node_modules/left-pad/index.js']);
    for (const wrong of ['nowhere', '..', '../out', '']) {
      const refused = createArchive({ infospace: project, to: out(), include: [wrong] });
      await expect(refused, wrong).rejects.toMatchObject({ code: 'include_not_found', kind: 'usage' });
    }
  });

  it('is only read: nothing in the infospace changes', async () => {
    const before = treeOf(project);
    await archived(project, out());
    expect(treeOf(project)).toEqual(before);
  });
});

describe('where the archive is put', () => {
  it('an equal one stays, and gets its sidecar again', async () => {
    const { archive, sidecar, seal } = await archived(project, out());
    writeFileSync(sidecar, 'something else');
    expect(await archived(project, out())).toMatchObject({ state: 'unchanged', archive, seal });
    expect(await verifyArchive(archive)).toMatchObject({ sidecar: 'matches' });
  });

  it('one that holds something else is never overwritten', async () => {
    const { archive, sidecar } = await archived(project, out());
    const before = [readFileSync(archive), readFileSync(sidecar)];
    write(project, 'later.md', 'more\n');
    await expect(archived(project, out())).rejects.toMatchObject({
      code: 'archive_exists',
      kind: 'input',
      file: archive,
    });
    expect([readFileSync(archive), readFileSync(sidecar)]).toEqual(before);
    expect(readdirSync(out())).toHaveLength(2);
  });

  it('cannot be inside of what it holds', async () => {
    for (const to of [project, join(project, 'archives'), join(project, 'output')]) {
      const error = { code: 'archive_inside_infospace', kind: 'usage' };
      await expect(archived(project, to)).rejects.toMatchObject(error);
    }
    execFileSync('ln', ['-s', project, out('link')]);
    await expect(archived(project, out('link'))).rejects.toMatchObject({ code: 'archive_inside_infospace' });
    expect(readdirSync(project)).not.toContain('archives');
  });

  it('nothing is left when it fails', async () => {
    write(project, 'output/budget/usage.yaml', 'runs: {\n');
    await expect(archived(project, out())).rejects.toMatchObject({ code: 'file_corrupt', kind: 'input' });
    expect(readdirSync(out())).toEqual([]);
  });
});
