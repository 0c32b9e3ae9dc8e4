import { rmSync } from 'node:fs';
import { acknowledgement, describeEnd, hasStackTrace } from './budget-command.mjs';
import { makeInfospace, starts, write } from './infospace.mjs';
import { killCommand } from './kill-command.mjs';
import { planText, runRecordText } from './records.mjs';
import { checkEntries, readUsage, textIfThere, workflowIds } from './usage-file.mjs';

const LOCK_TIMEOUT = /Waited [\d.]+ s for the lock/;

/** One infospace from its first command to its last, with what its commands promised and what may be there at most. */
export class Era {
  /** By id: whether a command has said that it recorded it. */
  records = new Map();
  /** By snapshot id, those that a command said it recorded. */
  plans = new Set();
  #runs = { acknowledged: 0, started: 0 };
  #plans = { acknowledged: 0, started: 0 };
  #recordsStarted = 0;
  #number = 0;

  /** `number`: its own among all infospaces, because entries of one may be the start of another. */
  static async begin({ start, home, earlier, ...context }) {
    const retention = context.random.chance(0.25) ? context.random.integer(1, 4) : 0;
    const era = new Era();
    Object.assign(era, context, { start, retention, place: makeInfospace(home, { retention }) });
    const entries = await starts[start]({ place: era.place, pyyaml: era.pyyaml, earlier });
    for (const id of workflowIds(entries)) era.records.set(id, { acknowledged: true });
    era.#runs = { acknowledged: entries.length, started: entries.length };
    era.#recordsStarted = era.records.size;
    return era;
  }

  /** What a reader sees at least when it starts, and at most when it ends. */
  bounds() {
    const keptPlans = (count) => (this.retention > 0 ? Math.min(count, this.retention) : count);
    const acknowledgedRecords = [...this.records.values()].filter(({ acknowledged }) => acknowledged).length;
    return {
      acknowledged: {
        runs: this.#runs.acknowledged,
        records: acknowledgedRecords,
        plans: keptPlans(this.#plans.acknowledged),
      },
      started: {
        runs: this.#runs.started,
        records: this.#recordsStarted,
        plans: keptPlans(this.#plans.started),
      },
    };
  }

  get plansBounds() {
    return this.#plans;
  }

  /** One or two commands, each perhaps killed. */
  async round() {
    const count = this.random.chance(0.2) ? 2 : 1;
    await Promise.all(Array.from({ length: count }, async () => await this.#command()));
  }

  async #command() {
    const command = this.random.weighted([
      [0.67, () => this.#recordRun()],
      [0.28, () => this.#recordPlan()],
      // It mends, and may be killed over it too.
      [0.05, () => this.#kill(['doctor', this.place.infospace])],
    ]);
    await command();
  }

  async #recordRun() {
    const { random, place } = this;
    const scan = random.chance(0.05);
    const ids = scan ? [] : this.#chooseRecords();
    this.#runs.started++;
    const files = ids.map((id) => place.recordFile(id));
    const given = scan ? [...this.records.keys()] : ids;
    const answer = await this.#kill(['run', 'record', place.infospace, ...(scan ? [] : ['--runs', ...files])]);
    if (answer === null) return;
    if (answer.run !== null) this.#runs.acknowledged++;
    for (const id of given) this.records.set(id, { acknowledged: true });
  }

  /** New ones, written where a scan finds them, and sometimes one that was given before. */
  #chooseRecords() {
    const { random, place } = this;
    const earlier = random.chance(0.25) && this.records.size > 0 ? [random.pick([...this.records.keys()])] : [];
    const count = random.weighted([
      [0.1, 0],
      [0.6, 1],
      [0.3, random.integer(2, 4)],
    ]);
    const fresh = Array.from(
      { length: Math.max(count, 1 - earlier.length) },
      () => `record-${this.number}-${++this.#number}`,
    );
    for (const id of fresh) {
      write(place.recordFile(id), runRecordText(id, stageCount(random)));
      this.records.set(id, { acknowledged: false });
    }
    this.#recordsStarted += fresh.length;
    // One of the earlier tool's has no record file here.
    for (const id of earlier)
      if (textIfThere(place.recordFile(id)) === '') write(place.recordFile(id), runRecordText(id, 1));
    return [...fresh, ...earlier];
  }

  async #recordPlan() {
    const { place } = this;
    const number = ++this.#number;
    write(place.planFile(number), planText(number));
    this.#plans.started++;
    const answer = await this.#kill(['plan', 'record', place.infospace, '--from', place.planFile(number)]);
    if (answer === null) return;
    this.#plans.acknowledged++;
    this.plans.add(answer.snapshot_id);
  }

  /** What the command acknowledged, or `null`. */
  async #kill(arguments_) {
    const { findings, figures, random } = this;
    figures.commands++;
    const end = await killCommand(arguments_, {
      random,
      usual_ms: this.durations.usual(),
      directory: this.place.budgetDirectory,
    });
    findings.expect(!hasStackTrace(end.stderr), () => `a stack trace: ${describeEnd(end)}`);
    if (end.signal === 'SIGKILL' && !end.hung) {
      figures.killed[end.way] = (figures.killed[end.way] ?? 0) + 1;
      return null;
    }
    if (end.code === 5 && LOCK_TIMEOUT.test(end.stderr)) {
      figures.lockTimeouts++;
      return null;
    }
    const answer = acknowledgement(end);
    if (findings.expect(answer !== null, () => `failed though nobody killed it: ${describeEnd(end)}`)) {
      figures.acknowledged++;
      this.durations.add(end.duration_ms);
    }
    return answer;
  }

  /** After a round nothing is mended yet: there may be a torn entry, and nothing else may be amiss. */
  async check() {
    const { figures, findings, pyyaml, place } = this;
    const { text, entries, torn } = await readUsage({ pyyaml, findings, path: place.usage });
    if (torn > 0) figures.tornEntries++;
    figures.largestFile_bytes = Math.max(figures.largestFile_bytes, text.length);
    checkEntries(findings, place.usage, entries, this.records);
    const summary = await pyyaml.load(textIfThere(place.summary));
    const runIds = entries.map(({ run_id }) => run_id);
    if (
      findings.expect(summary.error === undefined, () => `${place.summary}: ${summary.error}`) &&
      summary.value !== null
    ) {
      const { run_id } = summary.value;
      findings.expect(runIds.includes(run_id), () => `${place.summary} tells of run ${run_id}, which is not recorded`);
      if (run_id !== runIds.at(-1)) figures.pendingRuns++;
    }
    const plans = await pyyaml.load(textIfThere(place.plans));
    findings.expect(plans.error === undefined, () => `${place.plans}: ${plans.error}`);
    return { entries, plans: plans.value };
  }

  remove() {
    rmSync(this.place.workspace, { recursive: true });
  }
}

/** Mostly few, sometimes so many that the entry does not fit into one page of memory, or into twenty. */
function stageCount(random) {
  return random.weighted([
    [0.55, random.integer(1, 3)],
    [0.3, random.integer(4, 20)],
    [0.1, random.integer(21, 60)],
    [0.05, random.integer(61, 200)],
  ]);
}
