import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Clock, CodedError, isoTime, systemClock } from '@budget/core';
import { begunLine, costLine } from './documents/call-lines.js';
import { type BegunCall, callWithoutEnd, type MeteredCall } from './documents/metered-call.js';
import { RUN_STATE_FILE, type RunState, writeRunState } from './documents/run-state.js';
import { infospacePaths } from './infospace-paths.js';
import { isRunId, markOpen, unmarkOpen } from './open-run-marks.js';
import { ensureDirectory, fileStamp } from './storage/files.js';
import { type LineFile, openLineFile } from './storage/line-file.js';
import { startHeartbeat } from './storage/lock-silence.js';
import { formatIdentity, thisProcess } from './storage/process-identity.js';

export const costsFile = (directory: string): string => join(directory, 'costs.jsonl');
export const openCallsFile = (directory: string): string => join(directory, 'open-calls.jsonl');

export interface OpenRunOptions {
  /** The run's own: `<infospace>/output/budget/runs/<run_id>`, or elsewhere; its last part is the run's id. */
  readonly directory: string;
  /** A UUID of version 7, chosen before the first call. */
  readonly runId: string;
  /** ISO 8601, UTC; default now. */
  readonly startedAt?: string | undefined;
  /** What it runs. Only the first word is kept: prompts and keys are passed in the others. */
  readonly command: readonly string[];
  /** The plan it runs against; `null` for none. What a recovery records, whatever the latest plan is then. */
  readonly snapshotId?: string | null | undefined;
  /** The infospace that it belongs to; `null` outside one. */
  readonly infospace?: string | null | undefined;
  readonly workspace?: string | null | undefined;
  /**
   * Whose calls these are, and what they are made for in the organisation's own planning: for who tells others of the run
   * when this process is gone.
   */
  readonly application?: string | null | undefined;
  readonly workplanId?: string | null | undefined;
  readonly workplanTaskId?: string | null | undefined;
  /** Its user opted out of events to a hub: nobody else is to tell of it either. */
  readonly hubDisabled?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/** A run that is under way, on disk. What it was told survives the death of this process at any moment. */
export interface RunDirectory {
  readonly directory: string;
  readonly state: RunState;
  /**
   * Call it before the request leaves; what is billed from then on is never lost. The line is handed to the system
   * before this returns its promise, which resolves when it outlasts a power failure too.
   *
   * @throws CodedError `call_begun_twice` (kind `internal`); `disk_full`, `file_unwritable` (kind `environment`): the run
   * goes on, and the line is written with the next one.
   */
  begin(call: BegunCall): Promise<void>;
  /**
   * The call is over, whatever came of it. An answer from a local cache is told here alone, without `begin`.
   *
   * @throws CodedError `call_not_begun` (kind `internal`), also for one that is over already; else as `begin`.
   */
  finish(call: MeteredCall): Promise<void>;
  /**
   * Calls that are still open are finished as `unknown`, at their estimate. Doing it again does nothing.
   *
   * @throws CodedError as `begin`; `file_lost` (kind `environment`) when the calls are not there any more.
   */
  close(): Promise<void>;
  /**
   * Of a run that came to nothing, as its program could not be started: it is gone, as if it had never been opened.
   *
   * @throws CodedError `run_has_calls` (kind `internal`): what may be billed is not thrown away.
   */
  discard(): Promise<void>;
}

/**
 * Makes the directory of a run, before its first call. `recordMeteredRun` makes an entry of it when it is over;
 * `recoverRuns` does where this process does not live so long.
 *
 * @throws CodedError `option_invalid` (kind `usage`); `run_exists`, `not_a_directory` (kind `input`); kind
 * `environment`.
 */
export async function openRunDirectory(options: OpenRunOptions): Promise<RunDirectory> {
  const { runId, clock = systemClock } = options;
  const directory = resolve(options.directory);
  if (!isRunId(runId) || basename(directory) !== runId) throw wrongName(options.directory, runId);
  await makeDirectory(directory);
  const costs = openLineFile(costsFile(directory));
  const openCalls = openLineFile(openCallsFile(directory));
  const infospace = options.infospace ?? null;
  const state: RunState = {
    runId,
    state: 'open',
    startedAt: options.startedAt ?? isoTime(clock),
    command: options.command[0] ?? null,
    snapshotId: options.snapshotId ?? null,
    infospace: infospace && resolve(infospace),
    workspace: options.workspace ? resolve(options.workspace) : null,
    application: options.application ?? null,
    workplanId: options.workplanId ?? null,
    workplanTaskId: options.workplanTaskId ?? null,
    hubDisabled: options.hubDisabled ?? false,
    process: formatIdentity(thisProcess()),
    // The disk may go by another clock than this machine, and by a coarser one.
    beganOnDiskMs: fileStamp(openCallsFile(directory))?.modifiedMs ?? clock.nowMs(),
    usageBytes: infospace === null ? 0 : (fileStamp(infospacePaths(infospace).usage)?.bytes ?? 0),
    end: null,
    runIndex: null,
  };
  try {
    // The mark comes last: whoever finds it finds the state too. Before it there was no call.
    await writeRunState(directory, state);
    await markOpen(directory);
  } catch (error) {
    await Promise.allSettled([costs.close(), openCalls.close()]);
    throw error;
  }
  return runDirectory({ directory, state, costs, openCalls });
}

interface Opened {
  readonly directory: string;
  readonly state: RunState;
  readonly costs: LineFile;
  readonly openCalls: LineFile;
}

function runDirectory({ directory, state, costs, openCalls }: Opened): RunDirectory {
  const { runId } = state;
  const begun = new Map<string, BegunCall>();
  let hasCalls = false;
  let isClosed = false;
  // A run may make no call for hours; other machines still see that it lives.
  const stopHeartbeat = startHeartbeat(directory, RUN_STATE_FILE);

  const begin = async (call: BegunCall): Promise<void> => {
    if (isClosed) throw misuse('run_closed', `run ${runId} was closed before call ${call.callId} began`);
    if (begun.has(call.callId)) throw misuse('call_begun_twice', `call ${call.callId} was begun twice`);
    begun.set(call.callId, call);
    hasCalls = true;
    await openCalls.append(begunLine(call));
  };

  const finish = async (call: MeteredCall): Promise<void> => {
    if (isClosed) throw misuse('run_closed', `run ${runId} was closed before call ${call.callId} was over`);
    // A line too many would count what was paid once as paid twice.
    if (!begun.delete(call.callId) && call.cacheHit !== 'local') {
      throw misuse('call_not_begun', `call ${call.callId} is not open: it was not begun, or is over already`);
    }
    await costs.append(costLine(call, runId));
  };

  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    stopHeartbeat();
    const lines = [...begun.values()].map((call) => costs.append(costLine(callWithoutEnd(call), runId)));
    begun.clear();
    // What fails here is tried once more by closing the file, which tells.
    await Promise.allSettled(lines);
    const closed = await Promise.allSettled([costs.close(), openCalls.close()]);
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  };

  const discard = async (): Promise<void> => {
    if (hasCalls) throw misuse('run_has_calls', `run ${runId} has calls and cannot be discarded`);
    await close();
    // A mark without a directory is nothing; a directory without a mark would stay for ever.
    await rm(directory, { recursive: true });
    await unmarkOpen(directory);
  };

  return { directory, state, begin, finish, close, discard };
}

async function makeDirectory(directory: string): Promise<void> {
  await ensureDirectory(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(directory, error);
  }
  // Syncs its parent, and says why where it could not be made.
  await ensureDirectory(directory);
}

function alreadyThere(directory: string, cause: unknown): CodedError {
  const message = `${directory} is there already: a run has its id once. Choose another run id.`;
  return new CodedError({ code: 'run_exists', kind: 'input', file: directory, message, cause });
}

function wrongName(directory: string, runId: string): CodedError {
  const message = `The directory of a run is named after it, and its id is a UUID in lower case: ${JSON.stringify(directory)} and ${JSON.stringify(runId)} do not fit.`;
  return new CodedError({ code: 'option_invalid', kind: 'usage', message });
}

function misuse(code: string, what: string): CodedError {
  return new CodedError({ code, kind: 'internal', message: `${what}. Please report this.` });
}
