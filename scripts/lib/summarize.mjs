/**
 * The closing lines of a run: one for each step, what the test reports had to say, and the counts as the last.
 * A step counts as one, except those whose `tests` were counted one by one.
 */
export function summarize({ steps, results, tests }) {
  const total = { passed: tests.passed, failed: tests.failed, skipped: tests.skipped };
  const lines = [];
  for (const { name } of steps) {
    const result = results.find((candidate) => candidate.name === name);
    lines.push(`${state(result).padEnd(8)} ${name}${result ? ` (${result.seconds.toFixed(1)} s)` : ''}`);
  }
  for (const { ok, countsTests } of results) {
    if (!countsTests) total[ok ? 'passed' : 'failed'] += 1;
    else if (!ok && tests.failed === 0) total.failed += 1;
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  lines.push(...tests.notes, '', `${total.passed} passed, ${total.failed} failed${skipped}`);
  return { lines, ok: total.failed === 0 };
}

function state(result) {
  if (result === undefined) return 'not run';
  return result.ok ? 'passed' : 'FAILED';
}
