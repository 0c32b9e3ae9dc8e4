import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@budget/core';
import { type PlanSnapshot, pricesIn } from '@budget/infospace';
import { createThreadBudgets, type Ledger, type LimitState } from '@budget/ledger';
import { type CallTags, createMeter, createMeteringProxy, type MeterOptions } from '@budget/ledger/meter';
import type { RunReporter } from '../compose.js';
import { liveCalls, noLedger } from '../observing/live-calls.js';
import type { ObservedRun } from '../observing/observed-call.js';
import { quantity } from '../render/limit-texts.js';
import type { Terminal } from '../terminal.js';
import { childPlan } from './child-environment.js';
import type { ExecOptions } from './exec-options.js';
import { meteredPrices } from './metered-prices.js';
import { showProgress } from './progress.js';
import { type ChildEnd, type RunningChild, runChild } from './run-child.js';
import { openRunLedger } from './run-ledger.js';
import {
  type InfospaceBudget,
  type LeftForRun,
  limitRun,
  limitsOfOldSettings,
  type RunLimits,
  type RunScopes,
  runScopes,
} from './run-limits.js';
import type { RunPlace } from './run-place.js';
import { type RecordedRun, startRecording } from './run-recording.js';
import type { Tally } from './run-tally.js';

/** A run that is ready to begin. */
export interface RunToMeter {
  readonly runId: string;
  readonly startedAt: string;
  readonly command: readonly [string, ...string[]];
  readonly place: RunPlace;
  readonly plan: PlanSnapshot | undefined;
  readonly limits: RunLimits;
  readonly left: LeftForRun;
  readonly budget: InfospaceBudget | null;
  readonly onExceed: 'refuse' | 'stop' | 'continue';
  readonly options: ExecOptions;
  readonly reporter: RunReporter;
}

export interface MeteredRunEnd extends RecordedRun {
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** Why it did not complete, for people, or `null`. */
  readonly reason: string | null;
  readonly endedBy: 'child' | 'signal' | 'budget';
  readonly exitCode: number;
}

/** Calls of programs that outlive the one that was started: after that long they are cut off. */
const LAST_CALLS_MS = 10_000;
/** Where a limit ends the program, its running calls may end before it. */
const RUNNING_CALLS_MS = 30_000;
const BUDGET_EXIT_CODE = 3;

/** Runs the program behind a proxy, and records the run. `tally` is kept up to date meanwhile. */
export async function runMetered(
  run: RunToMeter,
  tally: Tally,
  { terminal, clock, log }: { terminal: Terminal; clock: Clock; log: (line: string) => void },
): Promise<MeteredRunEnd> {
  const { runId, command, place, plan, limits, left, budget, onExceed, options } = run;
  const prices = await pricesIn({ infospace: place.infospace?.root });
  const child = childPlan(terminal.environment, {
    passKeys: options.passKeys ?? false,
    providerOfUrl: prices.bundled.providerOfUrl,
    random: () => randomBytes(12).toString('hex'),
  });
  const store = await openRunLedger(terminal, log);
  try {
    if (store.isTemporary)
      log('The ledger is turned off, so this run is limited by itself and counts for no other one.');
    const scopes = runScopes(runId, place.application, budget);
    await limitRun(store.ledger, scopes, limits, budget);
    if (budget !== null && scopes.infospace !== null) {
      const old = await limitsOfOldSettings(store.ledger, scopes.infospace, budget.limits);
      for (const limit of old) log(stillHolds(scopes.infospace, limit));
    }
    const startedMs = performance.now();
    const live = store.isTemporary ? noLedger : liveCalls(store.observations, observedRun(run));
    const edges = { tally, onRefused: () => stop(), log };
    const recording = await startRecording(place, { ...run, snapshotId: plan?.snapshotId ?? null }, live, edges);
    const meter = createMeter({
      ledger: store.ledger,
      clock,
      log,
      observer: recording.observer,
      ...meteredPrices({ prices, isStrict: options.strict ?? false, clock, log }),
      scopes: scopesOfCalls(scopes, store.ledger, budget?.limits.maxTokensPerThread ?? null),
      onExceed: onExceed === 'continue' ? 'continue' : 'refuse',
      onUnpriced: options.onUnpriced ?? budget?.limits.onUnpriced ?? 'refuse',
      clamp: options.clamp ?? false,
    });
    const proxy = await createMeteringProxy({ meter, upstreams: child.upstreams, tags: tagsOf(options), log });
    let running: RunningChild | null = null;
    let isStopping = false;
    let isStopped = false;
    const stop = (): void => {
      if (onExceed !== 'stop' || isStopping) return;
      isStopping = true;
      void within(RUNNING_CALLS_MS, meter.idle()).then(() => {
        isStopped = running?.stop() ?? false;
      });
    };
    const endProgress = showProgress(terminal.stderr, tally, left.nanoUsd);
    let end: ChildEnd;
    try {
      running = await runChild(command, child.environment(proxy.url), terminal.directory);
      end = await running.ended;
    } catch (error) {
      await recording.discard();
      throw error;
    } finally {
      endProgress();
      await within(LAST_CALLS_MS, Promise.race([meter.idle(), running?.hurried]));
      await proxy.close();
    }
    const reason = tally.refusal ?? (end.exitCode === 0 ? null : endText(end));
    const status = tally.refusedCalls > 0 ? 'cancelled' : end.exitCode === 0 ? 'completed' : 'failed';
    const durationSeconds = Math.round(performance.now() - startedMs) / 1000;
    const recorded = await recording.end({ status, reason, durationSeconds });
    running.release();
    return {
      ...recorded,
      status,
      reason,
      endedBy: isStopped ? 'budget' : end.signal === null ? 'child' : 'signal',
      exitCode: isStopped ? BUDGET_EXIT_CODE : end.exitCode,
    };
  } finally {
    await store.close();
  }
}

function observedRun({ runId, place: { application, infospace } }: RunToMeter): ObservedRun {
  return { runId, application, infospace: infospace?.limits.name ?? null };
}

/** A thread is counted apart, and limited where the settings say so. */
function scopesOfCalls(
  { run, application }: RunScopes,
  ledger: Ledger,
  maxTokensPerThread: number | null,
): MeterOptions['scopes'] {
  const threads = maxTokensPerThread === null ? null : createThreadBudgets(ledger, { maxTokens: maxTokensPerThread });
  return async ({ tags: { thread } }) => {
    if (thread === undefined) return [run, application];
    await threads?.getBudget(thread);
    return [run, application, `thread:${thread}`];
  };
}

function tagsOf({ task, thread, agent }: ExecOptions): CallTags {
  return {
    ...(task !== undefined && { task }),
    ...(thread !== undefined && { thread }),
    ...(agent !== undefined && { agent }),
  };
}

function stillHolds(scope: string, { unit, limit }: LimitState): string {
  return `The ledger limits ${scope} to ${quantity(unit, limit)}, which budget.yaml does not say, and that holds. \`budget limits set ${scope} --unit ${unit === 'nanoUsd' ? 'usd' : unit} --remove\` takes it away.`;
}

async function within(maxMs: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, sleep(maxMs, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
}

function endText({ exitCode, signal }: ChildEnd): string {
  return signal === null ? `its program ended with ${exitCode}` : `its program was ended by ${signal}`;
}
