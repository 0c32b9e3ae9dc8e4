import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CodedError } from '@budget/core';

export interface ChildEnd {
  /** As a shell says it: 128 and the number of the signal that ended it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningChild {
  readonly ended: Promise<ChildEnd>;
  /** Asks it to end, and ends it where it does not. False where it had ended by itself. */
  stop(): boolean;
  /** A signal came when it had ended: whoever sent it does not want to wait. */
  readonly hurried: Promise<void>;
  /** Signals are ours again. */
  release(): void;
}

/** After this long it is not asked any more. */
const PATIENCE_MS = 5000;

/** Ctrl-C reaches every program of a terminal by itself; what is sent to us alone is passed on. */
const passedOn: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

/**
 * Runs a program with our own input and outputs. Signals are its affair: whatever comes, its end is waited for.
 *
 * @throws CodedError `command_not_found`, `command_failed`
 */
export async function runChild(
  [command, ...parameters]: readonly [string, ...string[]],
  environment: Record<string, string | undefined>,
  directory: string,
): Promise<RunningChild> {
  // Node itself has another error for it.
  if (command === '') throw notFound(command);
  const child = spawn(command, parameters, { stdio: 'inherit', env: environment, cwd: directory });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(command, error)));
  });
  let hurry = (): void => {};
  const hurried = new Promise<void>((resolve) => {
    hurry = resolve;
  });
  const release = handleSignals(child, hurry);
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal });
    });
  });
  return {
    ended,
    hurried,
    release,
    stop() {
      if (!child.kill('SIGTERM')) return false;
      const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      void ended.then(() => clearTimeout(patience));
      return true;
    },
  };
}

/** @param hurry told of what comes when the program has ended */
function handleSignals(child: ChildProcess, hurry: () => void): () => void {
  // Whichever of them is redirected, the program is in the same group of the terminal as we are.
  const isTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY === true);
  const handlers = new Map<NodeJS.Signals, () => void>();
  for (const signal of ['SIGINT', ...passedOn] as const) {
    handlers.set(signal, () => {
      if (child.exitCode !== null || child.signalCode !== null) hurry();
      else if (signal !== 'SIGINT' || !isTerminal) child.kill(signal);
    });
  }
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

function notStarted(command: string, error: NodeJS.ErrnoException): CodedError {
  if (error.code === 'ENOENT') return notFound(command, error);
  return new CodedError({
    code: 'command_failed',
    kind: 'usage',
    cause: error,
    message: `${JSON.stringify(command)} could not be started: ${
      error.code === 'EACCES'
        ? 'it is not executable. Name the program that runs it, as in -- python agent.py'
        : error.message
    }.`,
  });
}

function notFound(command: string, cause?: Error): CodedError {
  return new CodedError({
    code: 'command_not_found',
    kind: 'usage',
    cause,
    message: `There is no program ${JSON.stringify(command)}. Look at its name and at PATH; what follows -- is run as it stands, without a shell.`,
  });
}
