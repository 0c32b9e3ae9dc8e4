import { realpath, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CodedError, isoTime, systemClock, uuidv7 } from '@budget/core';
import { findInfospace } from '@budget/infospace';
import { chooseInfospace } from '../choose-infospace.js';
import type { CommandResult } from '../command-result.js';
import { runReporter } from '../compose.js';
import { choosePlan } from '../exec/choose-plan.js';
import type { ExecOptions } from '../exec/exec-options.js';
import { checkPlan, confirmExceeding } from '../exec/plan-check.js';
import { recoverRunsHere } from '../exec/recover-runs-here.js';
import { type LeftForRun, leftForRun } from '../exec/run-limits.js';
import { runMetered } from '../exec/run-metered.js';
import { runPlace } from '../exec/run-place.js';
import { emptyTally } from '../exec/run-tally.js';
import { EXEC_FAILED } from '../exit-code.js';
import { type ExecResult, execValue, execView } from '../render/exec-view.js';
import { renderJson } from '../render/json.js';
import { quantity } from '../render/limit-texts.js';
import type { Log } from '../stderr-log.js';
import type { Terminal } from '../terminal.js';

/**
 * Runs a program under a budget, records the run, and says what it cost. The program's output is its own; ours goes to
 * stderr.
 *
 * @throws CodedError `command_not_found`, `command_failed`; `budget_exhausted`, `budget_would_be_exceeded` (kind `budget`):
 * then it was not begun
 */
export async function exec(
  command: readonly [string, ...string[]],
  options: ExecOptions,
  terminal: Terminal,
  log: Log,
): Promise<CommandResult> {
  const warn = (line: string): void => log('warning', line);
  const clock = systemClock;
  const [runId, startedAt] = [uuidv7(clock), isoTime(clock)];
  const { directory } = terminal;
  const resultFile = options.resultFile === undefined ? null : resolve(directory, options.resultFile);
  if (resultFile !== null) await clearResult(resultFile);
  const root =
    options.infospace === undefined ? findInfospace(directory) : chooseInfospace(options.infospace, directory);
  const reporter = runReporter(root, terminal, options);
  for (const line of await recoverRunsHere(root, terminal, reporter)) warn(line);
  const place = await runPlace(root, command[0], runId, terminal, reporter.announceOthers);
  const budget = place.infospace && { limits: place.infospace.limits, totals: place.infospace.contents.totals };
  const ofSettings = budget?.limits.warnings ?? [];
  for (const warning of ofSettings) warn(warning);
  // Whatever else reads the settings warns of them again.
  const isNew = (warning: string): boolean => !ofSettings.includes(warning);
  if (terminal.environment['BUDGET_PROXY']) warn(TWICE);
  const limits = {
    maxNanoUsd: options.maxUsd ?? null,
    maxCalls: options.maxCalls ?? null,
    maxTokens: options.maxTokens ?? null,
  };
  const left = leftForRun(limits, budget);
  const onExceed = options.onExceed ?? budget?.limits.onExceed ?? 'refuse';
  const { plan, warnings } = await choosePlan(options.plan, place.infospace, directory, reporter.announceOthers);
  for (const warning of warnings.filter(isNew)) warn(warning);
  const planCheck = checkPlan(plan, left, options.estimate);
  if (planCheck.text !== null) log('note', planCheck.text);
  if (onExceed !== 'continue') {
    refuseExhausted(left);
    await confirmExceeding(planCheck, terminal);
  }

  const tally = emptyTally();
  const run = { runId, startedAt, command, place, plan, limits, left, budget, onExceed, options, reporter };
  const end = await runMetered(run, tally, { terminal, clock, log: warn });
  const report = await reporter.report(runId, end.observed, log);

  if (options.warnUsd !== undefined && tally.cost >= options.warnUsd) {
    const [spent, warning] = [quantity('nanoUsd', tally.cost), quantity('nanoUsd', options.warnUsd)];
    warn(`This run has reached its warning: ${spent} of ${warning}.`);
  }
  if (options.clamp !== true && MIGHT_BE_SHORTER.test(tally.refusal ?? '')) log('note', HOW_TO_FIT);
  if (tally.refusal?.startsWith('price_unknown:')) log('note', HOW_TO_ALLOW);
  if (tally.calls + tally.refusedCalls + tally.localHits === 0) warn(noCallSeen(end.exitCode));
  const isLeftOfInfospace = left.nanoUsd !== null && left.nanoUsd !== limits.maxNanoUsd;
  const result: ExecResult = { runId, tally, left, isLeftOfInfospace, directory: place.directory, report, ...end };
  if (end.failure !== null) warn(`${end.failure.message} ${NOT_RECORDED}`);
  if (resultFile !== null) await writeResult(resultFile, result);
  return {
    value: execValue(result),
    view: () => execView(result, terminal.directory),
    warnings: (end.recorded?.warnings ?? []).filter(isNew),
    exitCode: end.failure === null ? end.exitCode : EXEC_FAILED,
    to: 'stderr',
  };
}

const NOT_RECORDED =
  'So this run is not recorded whole: keep what is told here. What is left of it is recorded by the next command.';

const TWICE =
  'This runs inside another `budget exec`: each call counts in both runs, and twice on what both count on, such as their infospace.';

/** A program that failed may not have come as far as its first call, or its placeholder was refused where it called past us. */
function noCallSeen(exitCode: number): string {
  const [until, why] =
    exitCode === 0
      ? ['', 'Either the program made none, or it went past:']
      : [` before the program ended with ${exitCode}`, 'Where its key was refused, its calls went past:'];
  return `No call was seen${until}, so nothing was counted and nothing limited. ${why} ${PAST_US}`;
}
const PAST_US =
  'its code names an address, or its SDK reads none from the environment and needs it in the code, as in baseURL: process.env.OPENAI_BASE_URL.';

/** Dollars or tokens are short, and most of what a call sets aside is for its answer. */
const MIGHT_BE_SHORTER = /^budget_exceeded: .* has no room for (?:\$|[\d,]+ tokens)/;
const HOW_TO_FIT =
  'A call needs room for the longest answer that it may get. A lower limit in the request, such as max_tokens, makes that less; --clamp puts one in.';
const HOW_TO_ALLOW =
  'With --on-unpriced allow, calls without a price are let through. They are counted as calls and tokens, and their cost as unknown: a limit in dollars does not hold them.';

function refuseExhausted({ nanoUsd, calls }: LeftForRun): void {
  if (nanoUsd !== 0n && calls !== 0) return;
  const what = nanoUsd === 0n ? 'dollar' : 'call';
  throw new CodedError({
    code: 'budget_exhausted',
    kind: 'budget',
    message: `No ${what} is left: all that this run, or its infospace for life, may use is used. Raise --max-${what === 'call' ? 'calls' : 'usd'}, or max_${what === 'call' ? 'calls' : 'usd'} in budget.yaml.`,
  });
}

/** What a program's own exit code cannot tell. */
async function writeResult(file: string, { runId, exitCode, endedBy, reason, tally }: ExecResult): Promise<void> {
  const { calls, refusedCalls: refused_calls, cost: cost_nano_usd, unpricedCalls: unpriced_calls } = tally;
  const counts = { calls, refused_calls, cost_nano_usd, unpriced_calls };
  const result = { run_id: runId, exit_code: exitCode, ended_by: endedBy, reason, ...counts };
  await writeFile(file, renderJson(result)).catch((error: Error) => {
    throw notWritten(file, error, `The run ${runId} is recorded, but`);
  });
}

/** What is there afterwards is of this run. A pipe or a device is left as it is. */
async function clearResult(file: string): Promise<void> {
  try {
    const before = await stat(file).catch(() => null);
    if (before !== null && !before.isFile() && !before.isDirectory()) return;
    await writeFile(file, '');
    await rm(await realpath(file));
  } catch (error) {
    throw notWritten(file, error as Error, 'Nothing was begun:');
  }
}

function notWritten(file: string, error: Error, what: string): CodedError {
  return new CodedError({
    code: 'result_not_written',
    kind: 'environment',
    file,
    cause: error,
    message: `${what} ${file} could not be written: ${error.message}.`,
  });
}
