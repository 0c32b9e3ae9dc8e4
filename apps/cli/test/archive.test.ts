import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveProgress } from '../src/archive-progress.js';
import { bin, budget, budgetJson } from './run-budget.js';

const example = fileURLToPath(new URL('../../../examples/workspace', import.meta.url));
const killer = fileURLToPath(new URL('./kill-at.mjs', import.meta.url));
let home: string;
let infospace: string;
let to: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'budget-archive-'));
  cpSync(example, home, { recursive: true });
  infospace = join(home, 'infospaces', 'course-quiz');
  to = join(home, 'archives');
  await budgetJson(['run', 'record', infospace]);
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Created {
  readonly archive: string;
  readonly sidecar: string;
}

async function create(...more: string[]): Promise<Created> {
  return (await budgetJson(['archive', 'create', infospace, '--to', to, ...more])) as Created;
}

const atATerminal = ['--format', 'table'];

describe('budget archive', { timeout: 60_000 }, () => {
  it('create, verify, show and list print what they promise', async () => {
    const created = await create();
    expect(created).toMatchObject({
      state: 'created',
      verified: true,
      manifest: { slug: 'course-quiz', metadata: { budget_summary: { runs_count: 1, unpriced_calls: 0 } } },
      left_out_count: 0,
      left_out: [],
      warnings: [],
    });
    const { archive } = created;
    expect(await budgetJson(['archive', 'verify', archive])).toMatchObject([
      { archive, state: 'whole', slug: 'course-quiz', sidecar: 'matches', code: null, error: null },
    ]);
    expect(await budgetJson(['archive', 'show', archive])).toMatchObject({
      archive,
      from: 'sidecar',
      manifest: { slug: 'course-quiz' },
      warnings: [],
    });
    expect(await budgetJson(['archive', 'list', to])).toMatchObject([
      {
        slug: 'course-quiz',
        runs_count: 1,
        total_tokens: 19_484,
        total_cost_usd_known: 0,
        total_cost_usd_estimated: 0.038904,
        cost_nano_usd_estimated: 38_904_250,
        unpriced_calls: 0,
        error: null,
      },
    ]);
    const shown = await budget([...atATerminal, 'archive', 'show', archive]);
    expect(shown.stdout).toMatch(/^cost +\$0\.038904$/m);
    const listed = await budget([...atATerminal, 'archive', 'list', to]);
    expect(listed.stdout).toMatch(/^course-quiz-\S+\.tar\.gz +1 +19,484 +\$0\.038904 /m);
  });

  it('never hides calls of unknown cost', async () => {
    infospace = join(home, 'infospaces', 'support-triage');
    const records = join(home, 'unknown.json');
    const stages = [{ stage_id: 's', provider: 'nobody', metadata: { model: 'knows', usage: { prompt_tokens: 5 } } }];
    writeFileSync(records, JSON.stringify({ run_id: 'u', workflow_id: 'w', stages }));
    await budgetJson(['run', 'record', infospace, '--runs', records]);
    const { archive } = await create();
    for (const command of [
      ['show', archive],
      ['list', to],
      ['create', infospace, '--to', to],
    ]) {
      const { stdout } = await budget([...atATerminal, 'archive', ...command]);
      expect(stdout, command[0]).toContain('≥$0.000000');
    }
  });

  it('ends with 4 when one of several archives is broken, and tells of all', async () => {
    const { archive } = await create();
    const broken = join(to, 'broken.tar.gz');
    copyFileSync(archive, broken);
    const bytes = readFileSync(broken);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(broken, bytes);
    const { code, stdout, stderr } = await budget(['archive', 'verify', broken, archive]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject([
      { archive: broken, state: 'broken', code: 'archive_damaged' },
      { archive, state: 'whole' },
    ]);
    expect(stderr).toContain(`${broken}: this archive is damaged`);
  });

  it.each([
    [['archive', 'show', 'nowhere.tar.gz'], 4, 'there is no such file'],
    [['archive', 'list', 'nowhere'], 4, 'there is no such directory'],
    [['archive', 'create', 'nowhere'], 4, 'there is no such directory'],
    [['archive', 'create', 'infospaces/course-quiz', '--to', 'infospaces/course-quiz'], 2, 'lies in the infospace'],
    [['archive', 'create', 'infospaces/course-quiz', '--include', 'nothing'], 2, 'there is nothing of this name'],
  ])('%j ends with %i and one clear error', async (command, code, message) => {
    const ended = await budget(command, { cwd: home });
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(/^budget: error: [^\n]+\n$/);
    expect(ended.stderr).toContain(message);
  });

  it('takes SOURCE_DATE_EPOCH, and refuses one that is no time', async () => {
    const env = { SOURCE_DATE_EPOCH: '1000000000' };
    const command = ['archive', 'create', infospace, '--to', to];
    expect(await budgetJson(command, { env })).toMatchObject({ manifest: { created_at: '2001-09-09T01:46:40.000Z' } });
    const refused = await budget(command, { env: { SOURCE_DATE_EPOCH: 'yesterday' } });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('whole number of seconds') });
  });

  it.each(['.tar.gz', '.manifest.json'])(
    'killed before it puts %s in place, leaves no archive that is not whole, and the next one tidies up',
    async (end) => {
      const killed = await budget(['archive', 'create', infospace, '--to', to], {
        node: ['--import', killer],
        env: { KILL_BEFORE: end },
      });
      expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      const names = readdirSync(to);
      expect(names.some((name) => name.includes('.tmp-'))).toBe(true);
      const archives = names.filter((name) => name.endsWith('.tar.gz'));
      expect(archives).toHaveLength(end === '.tar.gz' ? 0 : 1);
      for (const name of archives) await budgetJson(['archive', 'verify', join(to, name)]);
      const { archive, sidecar } = await create();
      expect(readdirSync(to).map((name) => join(to, name))).toEqual([sidecar, archive].sort());
    },
  );

  it('names a file that may not be read', () => {
    // Permissions do not bind root.
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const command = join(home, 'command');
    cpSync(dirname(bin), join(command, 'dist'), { recursive: true });
    writeFileSync(join(command, 'package.json'), '{"type": "module"}');
    chmodSync(home, 0o755);
    mkdirSync(to);
    if (nobody.uid !== undefined) chownSync(to, nobody.uid, nobody.gid);
    const file = join(infospace, 'plans', 'two-chapters.json');
    chmodSync(file, 0);
    const arguments_ = [join(command, 'dist', 'bin.js'), 'archive', 'create', infospace, '--to', to];
    const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, {
      ...nobody,
      cwd: '/',
      encoding: 'utf8',
    });
    expect({ status, stdout }, stderr).toEqual({ status: 5, stdout: '' });
    expect(stderr).toMatch(/^budget: error: Cannot read [^\n]*two-chapters\.json: permission is denied[^\n]*\n$/);
    expect(readdirSync(to)).toEqual([]);
  });
});

describe('progress of an archive', () => {
  async function shown(isTTY: boolean): Promise<string> {
    let text = '';
    const stderr = { isTTY, write: (piece: string) => (text += piece) } as unknown as NodeJS.WriteStream;
    await archiveProgress(stderr).during(async (onProgress) => {
      const until = performance.now() + 800;
      while (performance.now() < until) {
        onProgress({ phase: 'writing', files: 40_211, bytes: 812e6, totalBytes: 1624e6 });
      }
    });
    return text;
  }

  it('is a line on a terminal, gone afterwards', async () => {
    const text = await shown(true);
    expect(text).toContain('writing   ██████████░░░░░░░░░░   50 %  812 MB, 40,211 files');
    expect(text.endsWith('\r\u001b[K')).toBe(true);
  });

  it('is silent elsewhere', async () => {
    expect(await shown(false)).toBe('');
  });
});
