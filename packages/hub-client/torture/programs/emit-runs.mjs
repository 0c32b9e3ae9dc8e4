// Runs that end, one after the other: each sends its event. Prints a line of JSON for each.
//   node emit-runs.mjs <run_id>…        (the hub is in the environment, and BUDGET_TEST_DEADLINE_MS where a run has more time)
import { buildTokenEvent, createHubClient } from './built.mjs';
import { runFacts } from './run-facts.mjs';

const deadlineMs = Number(process.env.BUDGET_TEST_DEADLINE_MS) || undefined;
for (const runId of process.argv.slice(2)) {
  const result = await createHubClient({ deadlineMs }).emit(buildTokenEvent(runFacts(runId)));
  console.log(JSON.stringify({ runId, ...result }));
}
