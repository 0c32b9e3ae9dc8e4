// Two runs tell a hub what they used. The first finds nobody there, and its event is sent after that of the second.
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTokenEvent, createHubClient, uuidv7 } from '@budget/hub-client';

// A stand-in for the organisation's hub: it prints what it gets.
const hub = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { source, data } = JSON.parse(body);
  console.log(`  ${request.method} ${request.url}: run ${data.run_index} of ${source}, ${data.total_tokens} tokens`);
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"accepted":1}');
});
hub.listen(0, '127.0.0.1');
await once(hub, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (hub.address());

// As a user sets it up. Without an address nothing is ever sent.
const stateDirectory = await mkdtemp(join(tmpdir(), 'budget-example-'));
const environment = { BUDGET_HUB_URL: `http://127.0.0.1:${port}`, BUDGET_HUB_TOKEN: 'a-token' };
// A run waits 150 ms for its event by default. Here it has more, so that a busy machine prints the same.
const client = createHubClient({ environment, stateDirectory, deadlineMs: 5000 });

// 1. A run ends while the hub is away. It is not held up, and its event waits in the outbox.
hub.close();
await once(hub, 'close');
console.log('The first run:', JSON.stringify(await client.emit(eventOf(1))));
console.log('Waiting:', client.status().waiting);

// 2. The hub is back. The next run sends its own event first, and then what waits.
hub.listen(port, '127.0.0.1');
await once(hub, 'listening');
await sleep(1000);
console.log('The second run:', JSON.stringify(await client.emit(eventOf(2))));
console.log('Waiting:', client.status().waiting);

// 3. Who opts out sends nothing, whatever else is set.
const optedOut = createHubClient({ environment: { ...environment, DO_NOT_TRACK: '1' }, stateDirectory });
console.log('Opted out:', JSON.stringify(await optedOut.emit(eventOf(3))));
hub.close();
console.log(`Outbox: ${client.status().outbox}`);

/** @param {number} runIndex */
function eventOf(runIndex) {
  return buildTokenEvent({
    // A program that makes calls chooses the id before the first of them.
    ...{ runId: uuidv7(), runIndex, workspace: 'acme', infospace: 'research-notes', snapshotId: null },
    ...{ startedAt: '2026-11-22T01:49:58.082Z', endedAt: '2026-11-22T01:50:01.582Z', durationSeconds: 3.5 },
    status: 'completed',
    usage: [
      {
        ...{ provider: 'openai', model: 'gpt-4o', calls: 2, inputTokens: 1200, outputTokens: 300 },
        ...{ costNanoUsd: 6_000_000n, callsPricedByProvider: 0, callsPricedByRates: 2, unpricedCalls: 0 },
      },
    ],
  });
}
