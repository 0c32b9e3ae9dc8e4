// Run in the directory of somebody who installed @budget/hub-client and nothing else.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { buildTokenEvent, createHubClient, examineHub, uuidv7 } from '@budget/hub-client';
import { memoryTransport } from '@budget/hub-client/testing';

const received = [];
const hub = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push(JSON.parse(body));
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"accepted":1}');
}).listen(0, '127.0.0.1');
await once(hub, 'listening');

const usage = {
  ...{ provider: 'openai', model: 'gpt-4o', calls: 1, inputTokens: 1200, outputTokens: 300 },
  ...{ costNanoUsd: 6_000_000n, callsPricedByProvider: 0, callsPricedByRates: 1, unpricedCalls: 0 },
};
const newEvent = () =>
  buildTokenEvent({
    ...{ runId: uuidv7(), runIndex: 1, workspace: 'acme', infospace: 'demo', snapshotId: null, usage: [usage] },
    ...{ startedAt: null, endedAt: new Date().toISOString(), durationSeconds: 1, status: 'completed' },
  });
const environment = { BUDGET_HUB_URL: `http://127.0.0.1:${hub.address().port}` };
const options = { environment, stateDirectory: 'state' };

const event = newEvent();
const client = createHubClient(options);
assert.equal(client.queue(event).status, 'queued');
// The other kind of module, on the same outbox. A loaded machine may miss the 150 ms of a run; a flush has time.
const { createHubClient: fromCommonJs } = createRequire(import.meta.url)('@budget/hub-client');
assert.equal((await fromCommonJs(options).flush()).sent, 1);
assert.deepEqual(received, [event]);
assert.ok((await examineHub(options)).every(({ state }) => state === 'fine'));

const transport = memoryTransport();
await createHubClient({ transport, environment: {}, stateDirectory: 'other' }).emit(event);
assert.deepEqual(transport.events, [event]);
hub.close();
