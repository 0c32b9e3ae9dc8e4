import { budget, describeEnd, hasStackTrace } from './budget-command.mjs';
import { NANO_USD_PER_RECORD, TOKENS_PER_RECORD } from './records.mjs';

const commands = {
  status: ({ infospace }) => ['status', infospace],
  list: ({ workspace }) => ['list', workspace],
  show: ({ infospace }) => ['show', infospace],
};

/**
 * Loops that read an infospace while others write it, as JSON and as tables. They never fail, and never see half of
 * something: `bounds()` says how much was acknowledged before a reader started, and how much was started when it ended.
 *
 * @returns `stop()`, which gives `{reads, seen}`: `seen` are the pairs of runs and records that stood together.
 */
export function startReaders({ count, infospace, workspace, slug, bounds, random, findings }) {
  let stopped = false;
  let reads = 0;
  const seen = new Map();
  const loop = async () => {
    while (!stopped) {
      const command = random.pick(Object.keys(commands));
      const format = random.pick(['json', 'table']);
      const least = bounds().acknowledged;
      const end = await budget(...commands[command]({ infospace, workspace }), '--format', format);
      const most = bounds().started;
      reads++;
      const fault = faultOf(end) ?? contradiction(read(command, format, end, slug), least, most, seen);
      findings.expect(fault === null, () => `a reader: ${fault}: ${describeEnd(end)}`);
    }
  };
  const loops = Array.from({ length: count }, loop);
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
      return { reads, seen };
    },
  };
}

function faultOf({ code, stderr }) {
  if (code !== 0) return 'failed';
  if (hasStackTrace(stderr)) return 'printed a stack trace';
  return /budget: (?!warning)/.test(stderr) ? 'printed an error' : null;
}

/** `{plans, runs, records?, problem?}` of what a command printed; `null` where that is not whole. */
function read(command, format, { stdout }, slug) {
  try {
    return format === 'json' ? fromJson[command](JSON.parse(stdout), slug) : fromTable[command](stdout, slug);
  } catch {
    return null;
  }
}

const fromJson = {
  status: ({ plans_count, runs_count, warnings }) => ({
    plans: plans_count,
    runs: runs_count,
    problem: Array.isArray(warnings) ? null : 'no warnings',
  }),
  list: (rows, slug) => {
    const row = rows.find((row) => row.slug === slug);
    const records = row.total_tokens / TOKENS_PER_RECORD;
    const isCostRight = Number(row.cost_nano_usd_known) === records * NANO_USD_PER_RECORD && row.unpriced_calls === 0;
    return {
      plans: row.plans_count,
      runs: row.runs_count,
      records,
      problem: row.error ?? (isCostRight ? null : 'tokens and cost do not belong together'),
    };
  },
  show: ({ plans, usage }) => {
    const runs = usage?.runs ?? [];
    const halves = runs.filter(
      ({ run_index, run_id, end_of_run, rollup, per_bucket, workflows }, index) =>
        run_index !== index + 1 ||
        (run_id !== undefined && end_of_run !== run_index) ||
        rollup.total_tokens !== workflows.length * TOKENS_PER_RECORD ||
        rollup.total_tokens !== per_bucket.reduce((sum, { total_tokens }) => sum + total_tokens, 0),
    );
    return {
      plans: plans?.snapshots.length ?? 0,
      runs: runs.length,
      records: runs.reduce((sum, { workflows }) => sum + workflows.length, 0),
      problem: halves.length === 0 ? null : `half an entry: ${halves.map(({ run_index }) => run_index)}`,
    };
  },
};

const ROWS_OF_SHOW = 20;

const number = (text) => Number(text.replaceAll(',', ''));

const fromTable = {
  status: (text) => {
    const field = (name) => new RegExp(`^${name} +([\\d,]+|none)`, 'm').exec(text)[1].replace('none', '0');
    return {
      plans: number(field('plans')),
      runs: number(field('runs')),
      records: number(field('tokens')) / TOKENS_PER_RECORD,
    };
  },
  list: (text, slug) => {
    const [, plans, runs, tokens] = new RegExp(`^${slug} +([\\d,]+) +([\\d,]+) +([\\d,]+) +\\$`, 'm').exec(text);
    return { plans: number(plans), runs: number(runs), records: number(tokens) / TOKENS_PER_RECORD };
  },
  show: (text, slug) => {
    const heading = new RegExp(`^${slug}: (\\d+) plans?, ([\\d,]+) runs?(?:: ([\\d,]+) tokens|$)`, 'm');
    const [, plans, runs, tokens = '0'] = heading.exec(text);
    const rows = text.match(/^ *\d+ +\d{4}-\d{2}-\d{2}T.*$/gm) ?? [];
    const shown = Math.min(number(runs), ROWS_OF_SHOW);
    const problem = rows.length === shown ? null : `${rows.length} rows for ${runs} runs`;
    return { plans: number(plans), runs: number(runs), records: number(tokens) / TOKENS_PER_RECORD, problem };
  },
};

function contradiction(read, least, most, seen) {
  if (read === null) return 'what it printed is not whole';
  if (read.problem) return read.problem;
  for (const [name, value] of Object.entries(read)) {
    if (name === 'problem') continue;
    if (!Number.isInteger(value)) return `${value} ${name}`;
    if (value < least[name]) return `${value} ${name}, and ${least[name]} were acknowledged before it started`;
    if (value > most[name]) return `${value} ${name}, and only ${most[name]} were ever started`;
  }
  // Entries are only ever added: the same count of runs has the same count of records, now and at the end.
  if (read.records !== undefined) {
    const before = seen.get(read.runs) ?? read.records;
    if (before !== read.records) return `${read.runs} runs with ${read.records} records, and ${before} another time`;
    seen.set(read.runs, read.records);
  }
  return null;
}
