import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

const RESOURCES_DESCRIPTOR = 3;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const reporter = new URL('../programs/report-resources.mjs', import.meta.url).href;

/** What is measured is the project layer, and the ledger of whoever measures is left alone. */
const own = { BUDGET_LEDGER_DISABLE: '1' };

/** Runs Node from start to exit: `{ elapsedMs, stdout }`. Nothing is added to the process. */
export function timed(parameters) {
  const { elapsedMs, output } = run(parameters, ['ignore', 'pipe', 'pipe']);
  return { elapsedMs, stdout: output[1] };
}

/** As `timed`, for a program that is not Node's. */
export function timedProgram(program, parameters) {
  const { elapsedMs, output } = run(parameters, ['ignore', 'pipe', 'pipe'], program);
  return { elapsedMs, stdout: output[1] };
}

/**
 * As `timed`, and what the process needed: `{ maxRssBytes, cpuMs, bytesRead }` besides. It has to load a few lines more
 * for that, so compare these figures only with each other.
 */
export function metered(parameters) {
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
  const { elapsedMs, output } = run(['--import', reporter, ...parameters], stdio);
  return { elapsedMs, stdout: output[1], ...JSON.parse(output[RESOURCES_DESCRIPTOR]) };
}

function run(parameters, stdio, program = process.execPath) {
  const start = performance.now();
  const { status, signal, output, error } = spawnSync(program, parameters, {
    encoding: 'utf8',
    stdio,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, ...own },
  });
  const elapsedMs = performance.now() - start;
  if (status === 0) return { elapsedMs, output };
  const reason = error?.message ?? output[2].trim();
  throw new Error(
    `\`${basename(program)} ${parameters.join(' ')}\` failed (${signal ?? `exit code ${status}`}): ${reason}`,
  );
}
