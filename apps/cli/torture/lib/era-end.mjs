import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { acknowledgement, budget, describeEnd } from './budget-command.mjs';
import { NANO_USD_PER_RECORD, TOKENS_PER_RECORD } from './records.mjs';
import { checkEntries, workflowIds } from './usage-file.mjs';

/**
 * When all is over: recording every record again adds exactly what is missing, recording once more changes no byte,
 * all files are whole and agree with each other, and nothing of the killed is left lying about.
 *
 * @returns the entries of `usage.yaml`.
 */
export async function endEra(era, seen) {
  const { findings, figures, place, records } = era;
  const expect = (holds, message) => findings.expect(holds, () => `${place.infospace}: ${message()}`);
  const before = await era.check();
  const there = new Set(workflowIds(before.entries));
  const missing = [...records.keys()].filter((id) => !there.has(id));
  figures.recordedAtTheEnd += missing.length;
  figures.recordedUnacknowledged += [...records].filter(
    ([id, { acknowledged }]) => there.has(id) && !acknowledged,
  ).length;

  const scan = await record(place, expect);
  const recorded = (scan?.run?.workflows ?? []).map(({ run_id }) => run_id);
  expect(
    String([...recorded].sort()) === String([...missing].sort()),
    () => `recording all again recorded ${recorded}, and missing were ${missing}`,
  );
  for (const id of records.keys()) records.set(id, { acknowledged: true });

  const contents = contentsOf(place.infospace);
  const again = await record(place, expect);
  expect(again?.run === null, () => 'recording all once more recorded a run');
  expect(contentsOf(place.infospace) === contents, () => 'recording all once more changed a file');

  const { entries, plans } = await era.check();
  checkEntries(findings, place.usage, entries, records);
  checkPlans(expect, era, plans);
  checkSeen(expect, entries, seen);
  await checkCommands(expect, place, entries, records.size);
  checkLeftovers(expect, place, figures);
  // The earlier tool's entries come without a report.
  if (entries.at(-1)?.run_id !== undefined) checkReport(expect, place);
  return entries;
}

async function record(place, expect) {
  const end = await budget('run', 'record', place.infospace);
  const answer = acknowledgement(end);
  expect(answer !== null, () => describeEnd(end));
  return answer;
}

/** Every file with its content. The lock comes and goes; an index is disposable. */
function contentsOf(directory) {
  return readdirSync(directory, { recursive: true })
    .filter((name) => !/\.lock|\.index-/.test(name) && statSync(join(directory, name)).isFile())
    .sort()
    .map((name) => `${name}\n${readFileSync(join(directory, name), 'latin1')}`)
    .join('\n');
}

function checkPlans(expect, { plans: acknowledged, plansBounds, retention }, document) {
  const ids = (document?.snapshots ?? []).map(({ snapshot_id }) => snapshot_id);
  const pruned = document?.pruned_count ?? 0;
  const count = ids.length + pruned;
  expect(
    count >= plansBounds.acknowledged && count <= plansBounds.started,
    () => `${count} plans, ${plansBounds.acknowledged} acknowledged, ${plansBounds.started} started`,
  );
  expect(new Set(ids).size === ids.length, () => `plans stand twice: ${ids}`);
  if (retention > 0) {
    expect(ids.length === Math.min(retention, count), () => `${ids.length} plans with a retention of ${retention}`);
    return;
  }
  expect(pruned === 0, () => `${pruned} plans were dropped without a retention`);
  const lost = [...acknowledged].filter((id) => !ids.includes(id));
  expect(lost.length === 0, () => `plans lost though acknowledged: ${lost}`);
}

/** Entries are only added, so whatever a reader saw together is how the file began. */
function checkSeen(expect, entries, seen) {
  let records = 0;
  const sums = new Map([[0, 0]]);
  for (const [index, { workflows }] of entries.entries()) {
    records += workflows.length;
    sums.set(index + 1, records);
  }
  for (const [runs, records] of seen) {
    expect(
      sums.get(runs) === records,
      () => `a reader saw ${runs} runs with ${records} records, not ${sums.get(runs)}`,
    );
  }
}

/** What the commands say is what is in the file. */
async function checkCommands(expect, { infospace, workspace, slug }, entries, recordCount) {
  const [status] = [acknowledgement(await budget('status', infospace))];
  const list = acknowledgement(await budget('list', workspace));
  const doctor = acknowledgement(await budget('doctor', infospace));
  const last = entries.at(-1);
  expect(status?.runs_count === entries.length, () => `status says ${status?.runs_count} runs of ${entries.length}`);
  expect(
    (status?.budget_summary?.run_id ?? undefined) === last?.run_id,
    () => `the summary tells of run ${status?.budget_summary?.run_id}, the last is ${last?.run_id}`,
  );
  const row = list?.find((row) => row.slug === slug);
  expect(
    row?.runs_count === entries.length &&
      row.total_tokens === recordCount * TOKENS_PER_RECORD &&
      Number(row.cost_nano_usd_known) === recordCount * NANO_USD_PER_RECORD,
    () => `list says ${JSON.stringify(row)} of ${entries.length} runs with ${recordCount} records`,
  );
  const odd = (doctor?.findings ?? [{ state: 'no answer' }]).filter(({ state }) => state !== 'fine');
  expect(odd.length === 0, () => `doctor finds ${JSON.stringify(odd)}`);
}

const EXPECTED =
  /^(?:(?:usage|plans|summary)\.yaml|\.lock|\.gitignore|\.index-.*|usage\.yaml\.torn\.\d{8}T\d{6}Z(?:-\d+)?)$/;

function checkLeftovers(expect, { budgetDirectory }, figures) {
  // Where each command of an era was killed before it wrote anything, there is no directory either.
  const names = existsSync(budgetDirectory) ? readdirSync(budgetDirectory) : [];
  figures.setAside += names.filter((name) => name.includes('.torn.')).length;
  const odd = names.filter((name) => !EXPECTED.test(name));
  expect(odd.length === 0, () => `left over in the budget directory: ${odd}`);
}

function checkReport(expect, { infospace, report }) {
  const others = readdirSync(join(infospace, 'reports')).filter((name) => join(infospace, 'reports', name) !== report);
  expect(others.length === 0, () => `left over beside the report: ${others}`);
  const lines = readFileSync(report, 'utf8').match(/^Plan variance:.*$/gm);
  expect(lines?.length === 1, () => `the report says ${JSON.stringify(lines)}`);
}
