import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { examineInfospace } from './doctor.js';
import { infospacePaths } from './infospace-paths.js';
import { initInfospace } from './init-infospace.js';
import { readInfospace } from './inspect-infospace.js';
import { recordPlan } from './record-plan.js';
import { recordRun } from './record-run.js';
import { formatIdentity, thisProcess } from './storage/process-identity.js';
import { runRecord, stage } from './testing/run-records.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';

const clock = { nowMs: () => Date.parse('2026-11-22T01:49:58.082Z') };
let infospace: string;

beforeEach(() => {
  infospace = temporaryDirectory();
});

const states = async (): Promise<string[]> => (await examineInfospace(infospace, { clock })).map(({ state }) => state);

/** The name under which a process writes a new version of `usage.yaml`. */
const temporaryOf = (pid: number): string =>
  `.usage.yaml.tmp-${formatIdentity({ ...thisProcess(), pid })}.${randomUUID()}`;

describe('doctor', () => {
  it('finds nothing wrong with what is right', async () => {
    await recordRun({ infospace, records: [runRecord('r', [stage('a')])] });
    const before = contents(infospace);
    expect(new Set(await states())).toEqual(new Set(['fine']));
    expect(contents(infospace)).toEqual(before);
  });

  it.each(['plans', 'usage', 'summary'] as const)(
    'sets a corrupt %s file aside, whole, and work goes on',
    async (name) => {
      const path = infospacePaths(infospace)[name];
      write(infospace, `output/budget/${name}.yaml`, 'a: [1,\n');
      expect(await states()).toContain('mended');
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(`${path}.corrupt-20261122T014958Z`, 'utf8')).toBe('a: [1,\n');
      expect((await recordRun({ infospace, records: [runRecord('r', [stage('a')])] })).run?.runIndex).toBe(1);
      expect(new Set(await states())).toEqual(new Set(['fine']));
    },
  );

  it('corrects last totals that are not the sum of all entries', async () => {
    for (const id of ['a', 'b']) await recordRun({ infospace, records: [runRecord(id, [stage('a', { cost: 0.25 })])] });
    const { usage } = infospacePaths(infospace);
    const right = readFileSync(usage, 'utf8');
    const tokens = /(total_tokens: )0(?=\n {4}cost_nano_usd_known: 500000000\n)/;
    expect(right).toMatch(tokens);
    write(infospace, 'output/budget/usage.yaml', right.replace(tokens, '$17'));
    expect((await readInfospace(infospace)).totals.totalTokens).toBe(7);
    const findings = await examineInfospace(infospace, { clock });
    expect(findings.filter(({ state }) => state === 'mended').map(({ message }) => message)).toEqual([
      'totals_to_date of its last entry said 2 runs, 2 calls, 7 tokens, $0.500000; the sum of all entries is 2 runs, 2 calls, 0 tokens, $0.500000. It was corrected.',
    ]);
    expect(readFileSync(usage, 'utf8')).toBe(right);
  });

  it('says that branches were merged, and sums anew what the last totals lack', async () => {
    for (const id of ['a', 'b']) await recordRun({ infospace, records: [runRecord(id, [stage('a', { cost: 0.25 })])] });
    const { usage } = infospacePaths(infospace);
    const text = readFileSync(usage, 'utf8');
    write(infospace, 'output/budget/usage.yaml', text + text.slice(text.indexOf('- run_index: 2')));
    const messages = (await examineInfospace(infospace, { clock })).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringContaining('run_index does not count up: were branches merged?'));
    expect(messages).toContainEqual(expect.stringContaining('the sum of all entries is 3 runs, 3 calls'));
    expect(readFileSync(usage, 'utf8')).toContain(text);
    const { run } = await recordRun({ infospace, records: [runRecord('c', [stage('a')])] });
    expect(run).toMatchObject({ runIndex: 4, totalsToDate: { runs: 4 } });
  });

  it.each([
    ['total_calls: 1', 'total_calls: 1e0', [1]],
    ['cost_nano_usd_known: 250000000', 'cost_nano_usd_known: 25000000', [1]],
    ['nothing', 'nothing', []],
  ])('says of an edited entry that its rollup is not the sum of its buckets: %s as %s', async (from, to, edited) => {
    for (const id of ['a', 'b']) await recordRun({ infospace, records: [runRecord(id, [stage('a', { cost: 0.25 })])] });
    const { usage } = infospacePaths(infospace);
    write(infospace, 'output/budget/usage.yaml', readFileSync(usage, 'utf8').replace(from, to));
    const messages = (await examineInfospace(infospace, { clock })).map(({ message }) => message);
    const told = messages.filter((message) => message.includes('is not the sum of its buckets'));
    expect(told).toEqual(edited.map((run) => expect.stringContaining(`readable; run ${run} has a rollup`)));
  });

  it('says that rows of models contradict each other under two names of a provider, as every command does', async () => {
    const rows = '- {name: a, provider: bedrock, model: m, free: true}\n- {name: b, provider: aws, model: m}\n';
    write(infospace, 'budget.yaml', `models:\n${rows}`);
    const message = expect.stringContaining(
      'budget.yaml:3: models.1: models.0 says something else of the same provider',
    );
    const [settings] = await examineInfospace(infospace, { clock });
    expect(settings).toMatchObject({ state: 'broken', message });
    await expect(recordPlan({ infospace, plan: {} })).rejects.toMatchObject({
      code: 'file_invalid',
      line: 3,
      message,
    });
  });

  it('leaves alone what a newer version wrote and what people wrote, and says what is wrong', async () => {
    write(infospace, 'output/budget/usage.yaml', 'schema_version: 2\nruns: []\n');
    write(infospace, 'budget.yaml', 'budget: {max_usd: lots}\n');
    write(infospace, 'output/workflows/runs/bad.yaml', '[');
    const before = contents(infospace);
    const broken = (await examineInfospace(infospace, { clock })).filter(({ state }) => state === 'broken');
    expect(broken.map(({ message }) => message)).toEqual([
      expect.stringContaining('budget.yaml:1: budget.max_usd: an amount of USD'),
      expect.stringContaining('upgrade budget'),
      expect.stringContaining('bad.yaml'),
    ]);
    expect(contents(infospace)).toEqual(before);
  });

  it('removes what a killed writer left, wherever files are replaced', async () => {
    await recordRun({ infospace, records: [runRecord('r', [stage('a')])] });
    const before = contents(infospace);
    const names = ['output/budget/', 'reports/', ''].map((directory) => directory + temporaryOf(2 ** 31 - 1));
    for (const name of names) write(infospace, name, 'half a fi');
    const mended = (await examineInfospace(infospace, { clock })).filter(({ state }) => state === 'mended');
    expect(mended.map(({ file }) => file)).toEqual(names.map((name) => join(infospace, name)));
    expect(contents(infospace)).toEqual(before);
  });

  it('leaves alone what a living writer is at', async () => {
    write(infospace, `output/budget/${temporaryOf(process.pid)}`, 'half a fi');
    const before = contents(infospace);
    expect(new Set(await states())).toEqual(new Set(['fine']));
    expect(contents(infospace)).toEqual(before);
  });

  it('goes on where the disk does not give one file, and says which', async () => {
    await recordRun({ infospace, records: [runRecord('r', [stage('a')])] });
    symlinkSync('budget.yaml', join(infospace, 'budget.yaml'));
    write(infospace, 'output/workflows/runs/b.yaml', 'stages: []');
    symlinkSync('a.yaml', join(infospace, 'output/workflows/runs/a.yaml'));
    symlinkSync('nowhere', join(infospace, 'output/workflows/runs/c.yaml'));
    unlinkSync(infospacePaths(infospace).summary);
    const findings = await examineInfospace(infospace, { clock });
    expect(findings.filter(({ state }) => state === 'broken').map(({ message }) => message)).toEqual([
      expect.stringMatching(/budget\.yaml.*lead in a circle/),
      expect.stringMatching(/a\.yaml.*lead in a circle/),
      expect.stringMatching(/c\.yaml: this link leads nowhere/),
    ]);
    expect(findings.at(-1)).toMatchObject({ state: 'mended', message: expect.stringContaining('Run 1') });
  });

  it('reports a directory of run records that cannot be listed', async () => {
    write(infospace, 'output/workflows/runs', '');
    expect((await examineInfospace(infospace, { clock })).at(-1)).toMatchObject({
      file: infospacePaths(infospace).runRecords,
      state: 'broken',
    });
  });

  it('says that files which are not UTF-8 are broken, and sets ours aside', async () => {
    const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
    write(infospace, 'budget.yaml', latin1('workspace: müller\n'));
    write(infospace, 'model-rates.yaml', latin1('# für\n'));
    write(infospace, 'output/budget/summary.yaml', latin1('a: ü\n'));
    write(infospace, 'output/workflows/runs/a.yaml', latin1('run_id: ü\n'));
    const findings = (await examineInfospace(infospace, { clock })).filter(({ message }) =>
      message.includes('not UTF-8'),
    );
    expect(findings.map(({ state }) => state)).toEqual(['broken', 'broken', 'mended', 'broken']);
    const aside = `${infospacePaths(infospace).summary}.corrupt-20261122T014958Z`;
    expect(readFileSync(aside)).toEqual(latin1('a: ü\n'));
  });

  it('makes no budget directory in a project that has none, and still looks at the rest', async () => {
    write(infospace, 'budget.yaml', 'budget: {max_usd: lots}\n');
    const findings = await examineInfospace(infospace, { clock });
    expect(findings.map(({ state }) => state)).toEqual(['broken', 'fine', 'fine', 'fine', 'fine']);
    expect(readdirSync(infospace)).toEqual(['budget.yaml']);
  });

  it('passes on what the lock has to say', async () => {
    write(infospace, 'output/budget/plans.yaml', '[');
    const { lock } = infospacePaths(infospace);
    const meddling = {
      nowMs: () => {
        rmSync(lock, { recursive: true, force: true });
        return clock.nowMs();
      },
    };
    const findings = await examineInfospace(infospace, { clock: meddling });
    expect(findings).toContainEqual({
      file: lock,
      state: 'mended',
      message: expect.stringContaining('was deleted or taken over'),
    });
  });
});

describe('init', () => {
  it('writes settings that are valid, their schema, and what git should leave out', async () => {
    const written = await initInfospace(infospace);
    expect(written.map((path) => path.slice(infospace.length + 1)).sort()).toEqual([
      'budget.yaml',
      'output/budget/.gitignore',
      'output/budget/budget.schema.json',
    ]);
    const settings = readFileSync(join(infospace, 'budget.yaml'), 'utf8');
    const [, schema] = /^# yaml-language-server: \$schema=(.*)$/m.exec(settings) ?? [];
    expect(JSON.parse(readFileSync(join(infospace, schema as string), 'utf8'))).toMatchObject({
      properties: {
        budget: {
          anyOf: [{ properties: { max_usd: { type: 'number' } }, additionalProperties: false }, { type: 'null' }],
        },
      },
    });
    expect(new Set(await states())).toEqual(new Set(['fine']));
  });

  it('leaves what is there', async () => {
    write(infospace, 'budget.yaml', 'workspace: mine\n');
    expect(await initInfospace(infospace)).toHaveLength(2);
    expect(readFileSync(join(infospace, 'budget.yaml'), 'utf8')).toBe('workspace: mine\n');
    expect(await initInfospace(infospace)).toEqual([]);
  });

  it('what stands in comments is valid once uncommented', async () => {
    await initInfospace(infospace);
    const settings = readFileSync(join(infospace, 'budget.yaml'), 'utf8');
    const uncommented = settings.replace(/^# (?=workspace|budget:| {2}|retention)/gm, '');
    expect(uncommented).toContain('\n  max_usd: 5');
    write(infospace, 'budget.yaml', uncommented);
    expect(new Set(await states())).toEqual(new Set(['fine']));
  });
});
