import { spawnSync } from 'node:child_process';

/** Runs steps in order and stops at the first that fails. Returns those that ran, with `ok` and `seconds`. */
export function runSteps(steps, { cwd, environment }) {
  const results = [];
  for (const step of steps) {
    process.stdout.write(`\n── ${step.name}\n`);
    const started = performance.now();
    const { status, signal, error } = spawnSync(step.command, step.parameters, {
      cwd,
      env: environment,
      stdio: 'inherit',
    });
    const ok = status === 0;
    const seconds = (performance.now() - started) / 1000;
    if (error) process.stdout.write(`${error.message}\n`);
    if (signal) process.stdout.write(`ended by ${signal}\n`);
    results.push({ ...step, ok, seconds });
    process.stdout.write(`── ${step.name}: ${ok ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s\n`);
    if (!ok) break;
  }
  return results;
}
