import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { version } from '../package.json';
import { bin, budget, budgetJson, preload } from './run-budget.js';

const example = fileURLToPath(new URL('../../../examples/workspace', import.meta.url));
const killer = fileURLToPath(new URL('./kill-at.mjs', import.meta.url));
let workspace: string;
let infospace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'budget-cli-'));
  cpSync(example, workspace, { recursive: true });
  infospace = join(workspace, 'infospaces', 'translate-handbook');
});

afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(infospace, name), 'utf8');

function write(name: string, content: string): void {
  mkdirSync(dirname(join(infospace, name)), { recursive: true });
  writeFileSync(join(infospace, name), content);
}

describe('a slip of the pen', () => {
  it('in budget.yaml is told by status: a limit that stands in the wrong place holds nothing', async () => {
    write('budget.yaml', 'max_usd: 5\n');
    const { code, stdout, stderr } = await budget(['status', infospace, '--format', 'table']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^budget +no limit set$/m) });
    expect(stderr).toMatch(
      /^budget: warning: .*budget\.yaml:1: max_usd limits nothing here: it belongs under budget\.$/m,
    );
  });

  it('status has no time of a run that another program recorded without one', async () => {
    write(
      'output/budget/usage.yaml',
      'schema_version: 1\nruns:\n- {run_index: 1, rollup: {}, per_bucket: [], end_of_run: 1}\n',
    );
    const { stdout } = await budget(['status', infospace, '--format', 'table']);
    expect(stdout).toMatch(/^runs +1, the last without a time$/m);
  });

  it.each([
    [['show', '--last', 'x'], /argument 'x' is invalid/],
    [['exec', '--max-usd', '-1', '--', 'true'], /argument '-1' is invalid/],
    [['plan', 'record'], /required option '--from <file>'/],
  ])('in the arguments is JSON too for those who read JSON: %j', async (line, message) => {
    const { code, stderr } = await budget(['--log-format', 'json', ...line]);
    const lines = stderr
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect({ code, lines }).toEqual({
      code: 2,
      lines: [
        { level: 'error', message: expect.stringMatching(message) },
        { level: 'note', message: expect.stringContaining('--help` lists') },
      ],
    });
  });
});

describe('the main job', () => {
  it('plan, run, status, list and show print what they promise', async () => {
    const plan = join(infospace, 'plans', '02-all-chapters.json');
    const recorded = await budgetJson(['plan', 'record', infospace, '--from', plan]);
    expect(recorded).toMatchObject({ snapshot_id: expect.stringMatching(/^[0-9a-f]{12}$/), refreshed: false });
    const run = await budgetJson(['run', 'record', infospace]);
    expect(run).toMatchObject({
      run: { run_index: 1, rollup: { total_calls: 31 } },
      variance: { snapshot_resolved: true, calls: { actual: 31 } },
      hub: { status: 'disabled' },
      ledger: { status: 'recorded', reason: null },
      warnings: [],
    });
    const id = (recorded as { snapshot_id: string }).snapshot_id;
    expect(await budgetJson(['status', infospace])).toMatchObject({
      slug: 'translate-handbook',
      plans_count: 1,
      runs_count: 1,
      latest_snapshot_id: id,
      budget_summary: { run_index: 1, snapshot_id: id },
      warnings: [],
    });
    expect(await budgetJson(['show', infospace])).toMatchObject({
      slug: 'translate-handbook',
      plans: { snapshots: [{ snapshot_id: id }] },
      usage: { runs: [{ run_index: 1 }] },
      summary: { run_index: 1 },
    });
    const rows = (await budgetJson(['list', workspace])) as { slug: string }[];
    expect(rows.find(({ slug }) => slug === 'translate-handbook')).toMatchObject({ plans_count: 1, runs_count: 1 });
    expect(rows.find(({ slug }) => slug === 'fixture-demo')).toMatchObject({
      runs_count: 0,
      total_tokens: 0,
      total_cost_usd_known: 0,
      total_cost_usd_estimated: 0,
      last_run_at: null,
    });
    expect(await budgetJson(['plan', 'show', infospace])).toMatchObject({ snapshot_id: id });
    expect(await budgetJson(['plan', 'list', infospace])).toMatchObject([{ snapshot_id: id }]);
    expect(await budgetJson(['doctor', infospace])).toMatchObject({ findings: expect.arrayContaining([]) });
  });

  it('takes the infospace that one stands in, and a plan from standard input', async () => {
    const cwd = join(infospace, 'output');
    const printed = await budgetJson(['plan', 'record', '--from', '-'], { cwd, input: 'stage: all\nmax_calls: 3\n' });
    expect(printed).toMatchObject({ exceeds_max_calls: false });
    expect(await budgetJson(['status'], { cwd })).toMatchObject({ slug: 'translate-handbook', plans_count: 1 });
  });

  it('creates what an infospace given by path lacks', async () => {
    const fresh = join(workspace, 'infospaces', 'brand', 'new');
    await budgetJson(['plan', 'record', fresh, '--from', '-'], { input: '{}' });
    expect(await budgetJson(['status', fresh])).toMatchObject({ plans_count: 1 });
  });

  it('a second run record of the same records changes nothing; a resumed one adds only its new stages', async () => {
    const notes = join(workspace, 'infospaces', 'research-notes');
    await budgetJson(['run', 'record', notes]);
    const before = readFileSync(join(notes, 'output/budget/usage.yaml'), 'utf8');
    expect(await budgetJson(['run', 'record', notes])).toMatchObject({
      run: null,
      variance: null,
      already_recorded: 4,
    });
    expect(readFileSync(join(notes, 'output/budget/usage.yaml'), 'utf8')).toBe(before);
    const resumed = await budgetJson(['run', 'record', notes, '--runs', join(notes, 'resumed')]);
    expect(resumed).toMatchObject({ run: { run_index: 2, resumes: 1, workflows: [{ stage_count: 3 }] } });
  });
});

describe('a run record that is killed', () => {
  it.each(['usage.yaml', 'generation-summary.md', 'summary.yaml'])(
    'before it puts %s in place: the next command completes or repeats it, and nothing is doubled',
    async (file) => {
      const calm = await budgetJson(['run', 'record', infospace]);
      rmSync(join(infospace, 'output', 'budget'), { recursive: true });
      rmSync(join(infospace, 'reports'), { recursive: true });
      const killed = await budget(['run', 'record', infospace], {
        node: ['--import', killer],
        env: { KILL_BEFORE: file },
      });
      expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      const { warnings } = (await budgetJson(['status', infospace])) as { warnings: string[] };
      const again = await budgetJson(['run', 'record', infospace]);
      if (file === 'usage.yaml') {
        expect(again).toMatchObject({ run: { run_index: 1 } });
      } else {
        expect(warnings.join()).toContain('Run 1 had been recorded and its summary not yet written; it is now.');
        expect(again).toMatchObject({ run: null });
      }
      expect(read('reports/generation-summary.md')).toContain('Plan variance: no plan snapshot');
      const { budget_summary, runs_count } = (await budgetJson(['status', infospace])) as Record<string, unknown>;
      expect(runs_count).toBe(1);
      const { recorded_at, run_id, ...summary } = budget_summary as Record<string, unknown>;
      const { recorded_at: _at, run_id: _id, ...expected } = (calm as { variance: Record<string, unknown> }).variance;
      expect(summary).toEqual(expected);
    },
  );
});

describe('bad input', () => {
  const failing = async (arguments_: readonly string[], code: number, message: RegExp): Promise<void> => {
    const ended = await budget(arguments_, { cwd: workspace });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(ended).toMatchObject({ code, stdout: '' });
  };

  it('is refused with file, line and what to do, and the file stays as it is', async () => {
    write('output/budget/usage.yaml', 'schema_version: 1\nruns: [\n');
    await failing(['run', 'record', infospace], 4, /usage\.yaml:\d+: .*budget doctor/);
    await failing(['status', infospace], 4, /usage\.yaml:\d+: /);
    expect(read('output/budget/usage.yaml')).toBe('schema_version: 1\nruns: [\n');
    write('output/budget/usage.yaml', 'schema_version: 2\nruns: []\n');
    await failing(['run', 'record', infospace], 4, /usage\.yaml:1: its schema_version is 2.*upgrade/);
    write('output/budget/usage.yaml', 'runs: 5\n');
    expect((await budget(['doctor', infospace])).code).toBe(0);
    await budgetJson(['run', 'record', infospace]);
  });

  it('of every other kind ends with its own exit code', async () => {
    await failing(['status'], 2, /no infospace here.*budget init/);
    await failing(['frobnicate'], 2, /unknown command 'frobnicate'/);
    await failing(['plan', 'record', infospace], 2, /--from/);
    await failing(['run', 'record', infospace, '--duration-seconds', 'long'], 2, /number of seconds/);
    await failing(['run', 'record', infospace, '--started-at', 'yesterday'], 2, /2026-11-22T01:49:58Z/);
    await failing(['run', 'record', infospace, '--started-at', '2026-02-30T00:00:00Z'], 2, /2026-11-22T01:49:58Z/);
    await failing(['run', 'record', infospace, '--runs', 'nowhere/*.yaml'], 4, /no such file or directory/);
    await failing(['plan', 'record', infospace, '--from', 'nowhere.json'], 4, /nowhere\.json/);
    await failing(['plan', 'show', infospace, '--snapshot', 'abc'], 4, /has no plan yet/);
    await failing(['status', 'nowhere'], 4, /no such directory/);
    await failing(['run', 'record', 'nowhere'], 4, /no such directory/);
    await failing(['list', 'nowhere'], 4, /no such directory/);
    write('output/budget/plans.yaml/oops', 'a directory where a file should be');
    await failing(['status', infospace], 4, /plans\.yaml/);
  });

  it('goes to stderr as JSON for programs', async () => {
    const { stderr } = await budget(['--log-format', 'json', 'list', 'nowhere'], { cwd: workspace });
    expect(JSON.parse(stderr)).toMatchObject({ level: 'error', code: 'workspace_not_found' });
  });
});

it.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
  ['the end of the terminal', ''],
])('%s where exec asks whether to begin is a no', async (_, BUDGET_TEST_KEYS) => {
  write('budget.yaml', 'budget: {max_calls: 1}\n');
  write('plan.yaml', 'total_provider_calls_estimate: 200\n');
  const options = { cwd: infospace, node: preload('leaving-input'), env: { BUDGET_TEST_KEYS } };
  const ended = await budget(['exec', '--plan', 'plan.yaml', '--', 'true'], options);
  expect(ended).toMatchObject({ code: 3, stderr: expect.stringMatching(/\[y\/N\].*\n.*The run was not begun\./) });
});

it('a wait that nothing can end is told of as a fault of ours', async () => {
  write('budget.yaml', 'budget: {max_calls: 1}\n');
  write('plan.yaml', 'total_provider_calls_estimate: 200\n');
  for (const [command, code] of [
    ['estimate - --model gpt-4o', 1],
    ['exec --plan plan.yaml -- true', 125],
    ['--format json --log-format text exec --plan plan.yaml -- true', 125],
  ] as const) {
    const ended = await budget(command.split(' '), { cwd: infospace, node: preload('silent-input') });
    expect(ended).toMatchObject({ code, stderr: expect.stringContaining('fault of budget itself') });
  }
});

it('ships the licences of what it bundles', () => {
  const notice = readFileSync(new URL('../dist/NOTICE.md', import.meta.url), 'utf8');
  for (const name of ['commander', 'zod', 'js-yaml', 'picocolors', 'genai-prices', 'tokenx']) {
    expect(notice).toContain(name);
  }
  expect(notice.match(/Copyright/gi)?.length).toBeGreaterThan(15);
});

describe('output', () => {
  it('--version and --help', async () => {
    expect(await budget(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
    expect(await budget(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('status [infospace]') });
    expect((await budget(['run', '--help'])).stdout).toContain('record');
  });

  it.each(['exec', 'run record', 'limits set', 'cost'])('the help of %s ends with two examples', async (command) => {
    const { stdout } = await budget([...command.split(' '), '--help']);
    expect(stdout).toMatch(new RegExp(`\n\nExamples:\n  budget ${command} .+\n  budget ${command} .+\n$`));
  });

  it('every format says the same', async () => {
    await budgetJson(['run', 'record', infospace]);
    const table = await budget(['list', workspace, '--format', 'table']);
    expect(table.stdout).toMatch(/translate-handbook +0 +1 +25,050 +\$0\.057528/);
    const csv = await budget(['list', workspace, '--format', 'csv']);
    expect(csv.stdout).toMatch(/^slug,plans_count,runs_count,total_tokens,/);
    const yaml = await budget(['list', workspace, '--format', 'yaml']);
    expect(yaml.stdout).toContain('- slug: translate-handbook\n');
  });

  it('names from files cannot move the cursor', async () => {
    write(
      'output/workflows/runs/zz.yaml',
      'run_id: z\nstages: [{stage_id: "\\e[31mred", provider: p, metadata: {model: "\\e]0;x"}}]\n',
    );
    const { stdout, stderr } = await budget(['run', 'record', infospace, '--format', 'table']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(stdout + stderr).not.toMatch(/\u001b/);
  });

  it('a reader that goes away is no fault of ours', async () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', 'set -o pipefail; node "$0" list "$1" | true; echo $?', bin, workspace],
      { encoding: 'utf8' },
    );
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });
});
