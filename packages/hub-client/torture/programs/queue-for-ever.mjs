// Puts events into the outbox until it is killed.
import { buildTokenEvent, createHubClient } from './built.mjs';
import { newRunId, runFacts } from './run-facts.mjs';

const client = createHubClient();
console.log('begun');
for (;;) client.queue(buildTokenEvent(runFacts(newRunId())));
