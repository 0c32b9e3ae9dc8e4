import { expect, it } from 'vitest';
import { served, tokensAsked } from './testing/served.js';

it('requests and reservations are counted, by route and never by scope or id', async () => {
  const { ask } = await served();
  await ask('PUT', '/limits/run%3A1', { unit: 'tokens', limit: 100 });
  for (const id of ['a', 'a', 'b']) await ask('POST', '/reservations', tokensAsked(id, 60));
  const before = (await ask('GET', '/metrics')).body as string;
  expect(before).toContain('budget_reservations_total{outcome="made"} 1\n');
  expect(before).toContain('budget_reservations_total{outcome="repeated"} 1\n');
  expect(before).toContain('budget_reservations_total{outcome="refused"} 1\n');
  expect(before).toContain('{method="POST",route="/api/v1/reservations",status="402"} 1\n');
  expect(before).toContain('budget_http_request_duration_seconds_count 4\n');
  for (let count = 0; count < 50; count++) {
    await ask('GET', `/limits/scope-${count}`);
    await ask('GET', `/nothing/${count}`);
    await ask('POST', `/reservations/id-${count}/sent`);
  }
  const { body, headers } = await ask('GET', '/metrics');
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(body).toContain('{method="GET",route="/api/v1/limits/:scope",status="404"} 50\n');
  // Three kinds of requests more, and the one for the figures themselves.
  expect(body.split('\n')).toHaveLength(before.split('\n').length + 4);
  expect(body).not.toMatch(/scope-|id-\d/);
});

it('are in the text format: every line is a comment or a sample', async () => {
  const { ask } = await served();
  await ask('GET', '/limits');
  const lines = ((await ask('GET', '/metrics')).body as string).split('\n');
  expect(lines.pop()).toBe('');
  for (const line of lines)
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z]+="[^"\\]*",?)+\})? [\d.e+-]+)$/);
});
