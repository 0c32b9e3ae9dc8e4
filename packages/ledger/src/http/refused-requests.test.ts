import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../ledger.js';
import { temporaryStore } from '../testing/temporary-store.js';
import { createHttpApp } from './http-app.js';
import { callJson } from './testing/call-json.js';
import { asked, served, tokensAsked } from './testing/served.js';

describe('wrong parameters are 422 with the field', () => {
  const limit = { unit: 'tokens', limit: 1 };
  const call = tokensAsked('r', 1);
  const observed = callJson('a');
  const advice = { task: 'summarise', candidates: ['a'], minQuality: 0.5, seed: 1 };

  it.each([
    ['PUT', '/limits/a', { ...limit, unit: 'dollars' }, 'unit'],
    ['PUT', '/limits/a', { limit: 1 }, 'unit'],
    ['PUT', '/limits/a', { unit: 'tokens' }, 'limit'],
    ['PUT', '/limits/a', {}, 'unit'],
    ['PUT', '/limits/a', { ...limit, limit: -1 }, 'limit'],
    ['PUT', '/limits/a', { ...limit, limit: 1.5 }, 'limit'],
    ['PUT', '/limits/a', { ...limit, limit: '1e3' }, 'limit'],
    ['PUT', '/limits/a', { ...limit, limit: '1000000000000000001' }, 'limit'],
    ['PUT', '/limits/a', { ...limit, limit: null }, 'limit'],
    ['PUT', '/limits/a', { ...limit, window: 'day' }, 'window'],
    ['PUT', '/limits/a', { ...limit, window: { every: 'year', timeZone: 'UTC' } }, 'window.every'],
    ['PUT', '/limits/a', { ...limit, window: { every: 'day' } }, 'window.timeZone'],
    ['PUT', '/limits/a', { ...limit, window: { every: 'day', timeZone: '+02:00' } }, 'window'],
    ['PUT', '/limits/a', { ...limit, thresholds: [{ percent: 101, severity: 'x' }] }, 'thresholds[0].percent'],
    ['PUT', '/limits/a', { ...limit, thresholds: [1, 2].map(() => ({ percent: 1, severity: 'x' })) }, 'thresholds'],
    ['PUT', '/limits/a', { ...limit, thresholds: [{ percent: 1, severity: 'a\nb' }] }, 'thresholds'],
    ['PUT', '/limits/a', { ...limit, parent: ' ' }, 'parent'],
    ['PUT', '/limits/a', { ...limit, treshold: 1 }, 'treshold'],
    ['PUT', '/limits/a', [limit], 'body'],
    ['PUT', '/limits/a', 'null', 'body'],
    ['PUT', '/limits/%20', limit, 'scope'],
    ['PUT', `/limits/${'x'.repeat(501)}`, limit, 'scope'],
    ['GET', '/limits/a%0Ab', undefined, 'scope'],
    ['GET', '/limits/%E4', undefined, 'path'],
    ['GET', '/limits/%zz', undefined, 'path'],
    ['GET', '/limits?limit=0', undefined, 'limit'],
    ['GET', '/limits?limit=ten', undefined, 'limit'],
    ['GET', '/limits?limit=1&limit=2', undefined, 'limit'],
    ['GET', '/limits?page=2', undefined, 'page'],
    ['DELETE', '/limits/a?unit=usd', undefined, 'unit'],
    ['DELETE', '/limits/a?timeZone=Mars', undefined, 'timeZone'],
    ['POST', '/reservations', { ...call, id: undefined }, 'id'],
    ['POST', '/reservations', { ...call, id: 7 }, 'id'],
    ['POST', '/reservations', { ...call, id: 'x'.repeat(201) }, 'id'],
    ['POST', '/reservations', { ...call, id: '\ud800' }, 'id'],
    ['POST', '/reservations', { ...call, scopes: [] }, 'scopes'],
    ['POST', '/reservations', { ...call, scopes: 'run:1' }, 'scopes'],
    ['POST', '/reservations', { ...call, scopes: ['run:1', ''] }, 'scopes[1]'],
    ['POST', '/reservations', { ...call, scopes: Array(17).fill('a') }, 'scopes'],
    ['POST', '/reservations', { ...call, amounts: {} }, 'amounts'],
    ['POST', '/reservations', { ...call, amounts: { tokens: '-1' } }, 'amounts.tokens'],
    ['POST', '/reservations', { ...call, amounts: { tokens: '1000000000000001' } }, 'amounts.tokens'],
    ['POST', '/reservations', { ...call, amounts: { nano_usd: 1 } }, 'amounts.nano_usd'],
    ['POST', '/reservations', { ...call, expiresInMs: 0 }, 'expiresInMs'],
    ['POST', '/reservations', { ...call, expiresInMs: 604_800_001 }, 'expiresInMs'],
    ['POST', '/reservations', { ...call, isSent: 'yes' }, 'isSent'],
    ['POST', '/reservations/r/settle', {}, 'amounts'],
    ['POST', '/reservations/r/settle', undefined, 'amounts'],
    ['POST', '/reservations/r/settle', { amounts: { tokens: true } }, 'amounts.tokens'],
    ['POST', '/reservations/r/extend', { expiresInMs: '5' }, 'expiresInMs'],
    ['POST', '/reservations/r/release', { isNotBilled: 1 }, 'isNotBilled'],
    ['POST', `/reservations/${'x'.repeat(201)}/sent`, undefined, 'id'],
  ])('%s %s %j: %s', async (method, path, body, field) => {
    const { ask, ledger } = await served();
    const { status, body: answer } = await ask(method, path, body);
    expect(status).toBe(422);
    expect(answer.errors[0].field).toBe(field);
    expect(answer).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/), detail: expect.any(String) });
    expect(await ledger.listScopes()).toEqual([]);
  });

  it.each([
    ['GET', '/usage/history?limit=0', undefined, 'limit'],
    ['GET', '/usage/history?limit=1001', undefined, 'limit'],
    ['GET', '/usage/history?limit=1.5', undefined, 'limit'],
    ['GET', '/usage/history?offset=-1', undefined, 'offset'],
    ['GET', '/usage/history?offset=1e40', undefined, 'offset'],
    ['GET', '/usage/history?start_time=yesterday', undefined, 'start_time'],
    ['GET', '/usage/history?start_time=', undefined, 'start_time'],
    ['GET', '/usage/history?end_time=2026-02-30', undefined, 'end_time'],
    ['GET', '/usage/history?end_time=2026-06-10T25:00:00Z', undefined, 'end_time'],
    ['GET', '/usage/history?end_time=1780000000', undefined, 'end_time'],
    ['GET', '/usage/history?start_time=2026-06-11&end_time=2026-06-10', undefined, 'end_time'],
    ['GET', '/usage/history?agent_id=', undefined, 'agent_id'],
    ['GET', '/usage/history?model=a&model=b', undefined, 'model'],
    ['GET', '/usage/history?agentId=a', undefined, 'agentId'],
    ['GET', '/usage/billing?end_time=2026-13-01', undefined, 'end_time'],
    ['GET', '/usage/billing?limit=1', undefined, 'limit'],
    ['GET', '/usage/daily?time_zone=Mars', undefined, 'time_zone'],
    ['GET', '/usage/daily?time_zone=%2B02:00', undefined, 'time_zone'],
    ['GET', '/usage/daily?start_time=1999-01-01&end_time=2026-01-01', undefined, 'start_time'],
    ['GET', '/usage/daily?start_time=0000-01-01&end_time=9999-12-31', undefined, 'start_time'],
    ['GET', '/usage/agents?limit=1001', undefined, 'limit'],
    ['GET', '/usage/threads?offset=x', undefined, 'offset'],
    ['GET', '/usage/threads/a%0Ab', undefined, 'id'],
    ['POST', '/observations', { ...observed, id: undefined }, 'id'],
    ['POST', '/observations', { ...observed, id: '' }, 'id'],
    ['POST', '/observations', { ...observed, id: 'x'.repeat(501) }, 'id'],
    ['POST', '/observations', { ...observed, id: 'a\u0000' }, 'id'],
    ['POST', '/observations', { ...observed, at: '2026-06-10' }, 'at'],
    ['POST', '/observations', { ...observed, at: 1_780_000_000 }, 'at'],
    ['POST', '/observations', { ...observed, promptTokens: -1 }, 'promptTokens'],
    ['POST', '/observations', { ...observed, promptTokens: '1000' }, 'promptTokens'],
    ['POST', '/observations', { ...observed, completionTokens: 1.5 }, 'completionTokens'],
    ['POST', '/observations', { ...observed, costNanoUsd: 0.5 }, 'costNanoUsd'],
    ['POST', '/observations', { ...observed, costNanoUsd: '1000000000000001' }, 'costNanoUsd'],
    ['POST', '/observations', { ...observed, quality: 1.1 }, 'quality'],
    ['POST', '/observations', { ...observed, adapter: null }, 'adapter'],
    ['POST', '/observations', { ...observed, phase: 'test' }, 'phase'],
    ['POST', '/observations', { ...observed, attempt: 0 }, 'attempt'],
    ['POST', '/observations', { ...observed, metadata: [] }, 'metadata'],
    ['POST', '/observations', { ...observed, metadata: { text: 'x'.repeat(4096) } }, 'metadata'],
    ['POST', '/observations', { ...observed, prompt: 'secret' }, 'prompt'],
    ['POST', '/observations', [observed, { ...observed, latencyMs: -1 }], '[1].latencyMs'],
    ['POST', '/observations', [observed, { ...observed, prompt: 'secret' }], '[1].prompt'],
    ['POST', '/observations', [observed, { ...observed, task: 'x'.repeat(501) }], '[1].task'],
    ['POST', '/observations', [], 'body'],
    ['POST', '/observations', 'null', 'body'],
    ['POST', '/observations', undefined, 'id'],
    ['POST', '/observations/a/judgements', { quality: 2, source: 'x' }, 'quality'],
    ['POST', '/observations/a/judgements', { quality: 1 }, 'source'],
    ['POST', '/observations/a/judgements', { quality: 1, source: '' }, 'source'],
    ['GET', '/tasks/a/stats?since=x', undefined, 'since'],
    ['GET', '/tasks/a/stats?confidence=1', undefined, 'confidence'],
    ['POST', '/recommendations', { ...advice, task: ' ' }, 'task'],
    ['POST', '/recommendations', { ...advice, candidates: [] }, 'candidates'],
    ['POST', '/recommendations', { ...advice, candidates: ['a', 'a'] }, 'candidates'],
    ['POST', '/recommendations', { ...advice, maxLoss: 0.1 }, 'minQuality'],
    ['POST', '/recommendations', { ...advice, minQuality: 2 }, 'minQuality'],
    ['POST', '/recommendations', { ...advice, maxCostNanoUsd: -1 }, 'maxCostNanoUsd'],
    ['POST', '/recommendations', { ...advice, explore: 1 }, 'explore'],
    ['POST', '/recommendations', { ...advice, seed: undefined }, 'seed'],
    ['POST', '/recommendations', { ...advice, default: 'b' }, 'default'],
    ['POST', '/recommendations', { ...advice, min_quality: 1 }, 'min_quality'],
  ])('%s %s %j: %s', async (method, path, body, field) => {
    const { ask, log } = await served();
    const { status, body: answer } = await ask(method, path, body);
    expect([status, answer.errors?.[0].field]).toEqual([422, field]);
    expect((await ask('GET', '/usage')).body.usage.totals.requestCount).toBe(0);
    expect(log).toEqual([]);
  });

  it('and a thousand faults are answered with a few', async () => {
    const { ask } = await served();
    const thresholds = Array.from({ length: 1000 }, () => ({ percent: 'x' }));
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, 1]));
    for (const more of [{ thresholds }, many]) {
      const { status, body } = await ask('PUT', '/limits/a', { unit: 'tokens', limit: 1, ...more });
      expect(status).toBe(422);
      expect(body.errors.length).toBeLessThanOrEqual(20);
    }
    const calls = Array.from({ length: 1000 }, (_, index) => ({ id: index }));
    for (const each of [calls, { ...observed, ...many }]) {
      const { status, body } = await ask('POST', '/observations', each);
      expect([status, body.errors.length]).toEqual([422, 20]);
    }
  });
});

describe('bodies', () => {
  it.each([
    ['{"id":', 400, 'json_invalid', {}],
    ['{"id":1}', 415, 'content_type_unknown', { 'content-type': 'text/plain' }],
    ['id=1', 415, 'content_type_unknown', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['{"id":1}', 415, 'content_encoding_unknown', { 'content-encoding': 'gzip' }],
    [Buffer.from([0x22, 0xff, 0x22]), 400, 'json_invalid', {}],
    [' '.repeat(300_000), 413, 'body_too_large', {}],
  ])('%.10s is %i %s', async (body, status, code, headers) => {
    const { ask } = await served();
    expect(await ask('POST', '/reservations', body, headers)).toMatchObject({ status, body: { code } });
  });

  it('in another way to write JSON are read', async () => {
    const { ask } = await served();
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect(await ask('POST', '/reservations', tokensAsked('r', 1), headers)).toMatchObject({ status: 201 });
  });
});

describe('what is not there', () => {
  it.each([
    ['GET', '/nothing', 404, 'route_unknown'],
    ['GET', '/limits/none', 404, 'scope_unknown'],
    ['DELETE', '/limits/none', 404, 'scope_unknown'],
    ['GET', '/limits/a/b', 404, 'route_unknown'],
    ['GET', '/usage/models/', 404, 'route_unknown'],
    ['GET', '/usage/agents/a/b', 404, 'route_unknown'],
    ['GET', '/usage/reset', 405, 'method_unknown'],
    ['DELETE', '/usage/models/a', 405, 'method_unknown'],
    ['GET', '/observations', 405, 'method_unknown'],
    ['PATCH', '/limits/a', 405, 'method_unknown'],
    ['GET', '/reservations', 405, 'method_unknown'],
    ['GET', '/reservations/r/settle', 405, 'method_unknown'],
    ['POST', '/healthz', 405, 'method_unknown'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const { ask } = await served();
    const answer = await ask(method, path);
    expect(answer).toMatchObject({ status, body: { code, detail: expect.any(String) } });
    expect(answer.headers.has('allow')).toBe(status === 405);
  });

  it('without a store of observations there are no routes of theirs', async () => {
    const { ask } = await served({ observations: undefined });
    for (const path of ['/usage', '/usage/history', '/usage/models/a/b', '/tasks/a/stats'])
      expect(await ask('GET', path)).toMatchObject({ status: 404, body: { code: 'route_unknown' } });
    expect(await ask('GET', '/usage/threads')).toMatchObject({ status: 200 });
  });

  it('other methods are named', async () => {
    const { ask } = await served();
    expect((await ask('POST', '/limits/a')).headers.get('allow')).toBe('PUT, GET, DELETE');
  });
});

describe('a token', () => {
  const token = 'c2VjcmV0LXRva2Vu';
  const bearer = (given: string) => ({ authorization: `Bearer ${given}` });

  it.each([
    ['GET', '/limits'],
    ['PUT', '/limits/a'],
    ['POST', '/reservations'],
    ['GET', '/usage'],
    ['GET', '/usage/models/a/b'],
    ['GET', '/usage/threads'],
    ['POST', '/observations'],
    ['GET', '/metrics'],
    ['GET', '/openapi.json'],
    ['GET', '/nothing'],
  ])('is needed for %s %s', async (method, path) => {
    const { ask } = await served({ token });
    const missing = await ask(method, path);
    expect(missing).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    expect(await ask(method, path, undefined, { authorization: 'Basic YTpi' })).toMatchObject({ status: 401 });
    for (const wrong of ['x', `${token}x`, token.slice(0, -1), token.toLowerCase()])
      expect(await ask(method, path, undefined, bearer(wrong))).toMatchObject({
        status: 403,
        body: { code: 'token_wrong' },
      });
    expect([200, 404, 422]).toContain((await ask(method, path, undefined, bearer(token))).status);
  });

  it('is not needed to ask for health, here and at the root', async () => {
    const { ask, origin } = await served({ token });
    expect(await ask('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await asked(`${origin}/healthz`, { method: 'GET' })).toMatchObject({ status: 200 });
    expect(await asked(`${origin}/metrics`, { method: 'GET' })).toMatchObject({ status: 401 });
    expect(await asked(`${origin}/metrics`, { method: 'GET', headers: bearer(token) })).toMatchObject({ status: 200 });
  });

  it('is asked for before the body is read', async () => {
    const { ask } = await served({ token });
    expect(await ask('POST', '/reservations', ' '.repeat(300_000))).toMatchObject({ status: 401 });
  });

  it('an empty one is a mistake', () => {
    for (const token of ['', ' ', 'a b', 'sécret', 'a\n'])
      expect(() => createHttpApp({ ledger: {} as never, token }), token).toThrow(
        'token is an empty text, or has blanks',
      );
    for (const name of ['', ' ', ':80'])
      expect(() => createHttpApp({ ledger: {} as never, allowedHosts: ['a', name] })).toThrow('no name of a host');
  });
});

describe('other names and web pages', () => {
  async function appWith(options: Partial<Parameters<typeof createHttpApp>[0]> = {}) {
    const ledger = createLedger({ store: await temporaryStore() });
    const app = createHttpApp({ ledger, ...options });
    return async (headers: Record<string, string>, method = 'GET') => {
      const response = await app.request('/api/v1/limits', { method, headers: { host: 'localhost:8080', ...headers } });
      const text = await response.text();
      return { status: response.status, headers: response.headers, code: text === '' ? '' : JSON.parse(text).code };
    };
  }

  it('only names of this machine are answered, unless others are named', async () => {
    const ask = await appWith();
    for (const host of ['rebound.example.com', '127.0.0.1.example.com', '', '10.0.0.1:80'])
      expect(await ask({ host })).toMatchObject({ status: 403, code: 'host_forbidden' });
    for (const host of ['127.0.0.1:1', '[::1]:80', 'LOCALHOST'])
      expect(await ask({ host })).toMatchObject({ status: 200 });
    const named = await appWith({ allowedHosts: ['Budget.example.com'] });
    expect(await named({ host: 'budget.EXAMPLE.com:8443' })).toMatchObject({ status: 200 });
    expect(await named({ host: 'localhost' })).toMatchObject({ status: 403 });
    const any = await appWith({ allowedHosts: ['*'] });
    expect(await any({ host: 'whatever.example.com' })).toMatchObject({ status: 200 });
  });

  it('web pages are kept out, and no answer is for them, unless their origin is named', async () => {
    const ask = await appWith();
    for (const origin of ['https://example.com', 'null', 'http://localhost:9999']) {
      const { status, code, headers } = await ask({ origin });
      expect({ status, code }).toEqual({ status: 403, code: 'origin_forbidden' });
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
    const same = await ask({ origin: 'http://localhost:8080' });
    expect(same.status).toBe(200);
    expect(same.headers.has('access-control-allow-origin')).toBe(false);
    const named = await appWith({ cors: { origins: ['https://desk.example.com'] } });
    const page = await named({ origin: 'https://desk.example.com' });
    expect(page.headers.get('access-control-allow-origin')).toBe('https://desk.example.com');
    expect((await named({ origin: 'https://example.com' })).status).toBe(403);
  });

  it('a page may ask what it may do before it has its token', async () => {
    const ask = await appWith({ token: 'secret', cors: { origins: ['*'] } });
    const preflight = { origin: 'https://example.com', 'access-control-request-method': 'PUT' };
    const { status, headers } = await ask(preflight, 'OPTIONS');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-methods')).toContain('PUT');
    const refused = await ask({ origin: 'https://example.com' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
    expect(() => createHttpApp({ ledger: {} as never, cors: { origins: ['*'] } })).toThrow('without a token');
  });
});

describe('inside another app', () => {
  it('the routes are there, and those of the other app are its own', async () => {
    const ledger = createLedger({ store: await temporaryStore() });
    const app = new Hono();
    app.route('/budget', createHttpApp({ ledger, token: 'secret' }));
    app.get('/mine', (context) => context.text('mine'));
    const ask = (path: string, headers = {}) => app.request(path, { headers: { host: 'localhost', ...headers } });
    expect(await (await ask('/mine')).text()).toBe('mine');
    expect((await ask('/budget/mine')).status).toBe(404);
    const refused = await ask('/budget/api/v1/limits');
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([401, 'token_missing']);
    const headers = { authorization: 'Bearer secret' };
    expect((await ask('/budget/api/v1/limits', headers)).status).toBe(200);
    const document = (await (await ask('/budget/api/v1/openapi.json', headers)).json()) as { servers: unknown };
    expect(document.servers).toEqual([{ url: '/budget' }]);
  });
});
