// Runs that end, one after the other: each sends its event. Prints a line of JSON for each.
//   node emit-runs.mjs <run_id>…        (the hub is in the environment)
import { buildTokenEvent, createHubClient } from './built.mjs';
import { runFacts } from './run-facts.mjs';

for (const runId of process.argv.slice(2)) {
  const result = await createHubClient().emit(buildTokenEvent(runFacts(runId)));
  console.log(JSON.stringify({ runId, ...result }));
}
