import { setTimeout as pause } from 'node:timers/promises';
import { eventNumbered } from './events.mjs';

const MAX_BATCH = 40;
const ATTEMPT_MS = 5000;
const MAX_ATTEMPTS = 5000;

/** Sends every event at least once, until each is acknowledged; some of them again afterwards. `figures` are kept up to date. */
export async function sendAll(hub, { events, senders, random }, figures) {
  let next = 0;
  async function send() {
    while (next < events) {
      const first = next;
      const count = Math.min(random.integer(1, MAX_BATCH), events - first);
      next += count;
      const numbers = Array.from({ length: count }, (_, index) => first + index);
      await acknowledged(hub, numbers, random, figures);
      if (random.chance(0.2)) await acknowledged(hub, numbers, random, figures);
    }
  }
  await Promise.all(Array.from({ length: senders }, send));
}

async function acknowledged(hub, numbers, random, figures) {
  const batch = numbers.map(eventNumbered);
  const way = random.weighted([
    [3, byBatch],
    [1, oneByOne],
    [1, byTool],
  ]);
  for (const part of way === byBatch ? [batch] : batch.map((event) => [event])) {
    const { accepted, duplicates } = await untilAnswered(() => way(hub.url, part), figures);
    if (accepted + duplicates !== part.length) throw new Error(`${accepted} + ${duplicates} of ${part.length} events`);
    figures.accepted.answered += accepted;
    figures.duplicates += duplicates;
  }
}

async function untilAnswered(ask, figures) {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    figures.requests++;
    try {
      return await ask();
    } catch (error) {
      if (error.isAnswer) throw error;
      figures.unanswered++;
      await pause(10);
    }
  }
  throw new Error('The hub did not come back.');
}

const byBatch = (url, batch) => post(`${url}/token-events`, 'application/cloudevents-batch+json', batch);
const oneByOne = (url, [event]) => post(`${url}/token-events`, 'application/cloudevents+json', event);

async function byTool(url, [event]) {
  const parameters = { name: 'record_token_event', arguments: { event } };
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: parameters };
  const { result } = await post(`${url}/mcp`, 'application/json', call);
  return result.structuredContent;
}

async function post(url, type, value) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, accept: 'application/json, text/event-stream' },
    body: JSON.stringify(value),
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  const text = await response.text();
  if (response.status === 200) return JSON.parse(text);
  throw Object.assign(new Error(`${response.status}: ${text}`), { isAnswer: true });
}
