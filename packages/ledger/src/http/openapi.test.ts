import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterThisTest } from '@budget/test-tools/vitest';
import { Validator } from '@seriousme/openapi-schema-validator';
import openapiTypescript, { astToString } from 'openapi-typescript';
import typescript from 'typescript';
import { describe, expect, it } from 'vitest';
import { type Served, served } from './testing/served.js';

async function documentOf({ ask }: Served, headers = {}) {
  const { status, body } = await ask('GET', '/openapi.json', undefined, headers);
  expect(status).toBe(200);
  return body;
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const document = await documentOf(await served());
    expect(document.openapi).toBe('3.1.0');
    const validator = new Validator();
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(await new Validator().validate({ ...document, paths: { '/a': { get: {}, x: 1 } } })).toMatchObject({
      valid: false,
    });
  });

  it('names every route with its methods and its answers', async () => {
    const { paths } = await documentOf(await served());
    const routes = Object.entries<Record<string, { responses: object }>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { responses }]) => `${method} ${path}: ${Object.keys(responses).join(' ')}`,
      ),
    );
    expect(routes.filter((route) => route.includes('/api/v1/'))).toEqual([
      'get /api/v1/healthz: 200 403 503',
      'put /api/v1/limits/{scope}: 200 400 401 403 413 415 422 503',
      'get /api/v1/limits/{scope}: 200 401 403 404 422 503',
      'delete /api/v1/limits/{scope}: 200 401 403 404 422 503',
      'get /api/v1/limits: 200 401 403 422 503',
      'post /api/v1/reservations: 200 201 400 401 402 403 409 413 415 422 503',
      'get /api/v1/reservations/{id}: 200 401 403 404 422 503',
      'post /api/v1/reservations/{id}/sent: 200 401 403 404 409 422 503',
      'post /api/v1/reservations/{id}/extend: 200 400 401 403 404 409 413 415 422 503',
      'post /api/v1/reservations/{id}/settle: 200 400 401 403 404 409 413 415 422 503',
      'post /api/v1/reservations/{id}/release: 200 400 401 403 404 409 413 415 422 503',
      'get /api/v1/usage/threads: 200 401 403 422 503',
      'get /api/v1/usage/threads/{id}: 200 401 403 404 422 503',
      'get /api/v1/metrics: 200 401 403 503',
      'get /api/v1/openapi.json: 200 401 403 503',
      'get /api/v1/usage: 200 401 403 503',
      'get /api/v1/usage/agents: 200 401 403 422 503',
      'get /api/v1/usage/models: 200 401 403 422 503',
      'get /api/v1/usage/agents/{id}: 200 401 403 422 503',
      'get /api/v1/usage/models/{model}: 200 401 403 422 503',
      'post /api/v1/usage/reset: 200 401 403 413 415 503',
      'get /api/v1/usage/history: 200 401 403 422 503',
      'get /api/v1/usage/billing: 200 401 403 422 503',
      'get /api/v1/usage/daily: 200 401 403 422 503',
      'post /api/v1/observations: 200 201 400 401 403 409 413 415 422 503',
      'post /api/v1/observations/{id}/judgements: 200 201 400 401 403 404 409 413 415 422 503',
      'get /api/v1/tasks/{task}/stats: 200 401 403 422 503',
      'post /api/v1/recommendations: 200 400 401 403 413 415 422 503',
    ]);
  });

  it('says that a token is needed, where it is', async () => {
    const open = await documentOf(await served());
    expect(open.security).toEqual([]);
    const closed = await documentOf(await served({ token: 'secret' }), { authorization: 'Bearer secret' });
    expect(closed).toMatchObject({
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    });
    expect(closed.paths['/api/v1/healthz'].get.security).toEqual([]);
    expect(await new Validator().validate(closed)).toEqual({ valid: true });
  });
});

const program = `
import createClient from 'openapi-fetch';
import type { paths } from './schema.js';

const [baseUrl = '', token = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });

const scope = 'infospace:acme/demo';
const set = await client.PUT('/api/v1/limits/{scope}', { params: { path: { scope } }, body: { unit: 'nanoUsd', limit: '9007199254740993' } });
const limit: number | string | undefined = set.data?.limits[0]?.limit;
const asked = { scopes: [scope], amounts: { nanoUsd: 700 } };
const made = await client.POST('/api/v1/reservations', { body: { id: 'a/b', ...asked } });
const path = { id: made.data?.id ?? '' };
await client.POST('/api/v1/reservations/{id}/sent', { params: { path } });
const settled = await client.POST('/api/v1/reservations/{id}/settle', { params: { path }, body: { amounts: { nanoUsd: 300 } } });
await client.PUT('/api/v1/limits/{scope}', { params: { path: { scope } }, body: { unit: 'nanoUsd', limit: 500 } });
const refused = await client.POST('/api/v1/reservations', { body: { id: 'c', ...asked } });
const code = refused.error !== undefined && 'code' in refused.error ? refused.error.code : null;
const status: 'held' | 'sent' | 'settled' | 'released' | 'expired' | undefined = settled.data?.status;
const call = { application: 'chat', provider: 'openai', model: 'acme/large', promptTokens: 10, completionTokens: 2 };
const at = '2026-06-10T12:00:00Z';
await client.POST('/api/v1/observations', { body: { id: 'one', at, ...call, costNanoUsd: '9007199254740' } });
const many = await client.POST('/api/v1/observations', { body: [{ id: 'one', at, ...call }, { id: 'two', at, ...call }] });
const recorded = many.data !== undefined && 'recorded' in many.data ? many.data.recorded : null;
const model = await client.GET('/api/v1/usage/models/{model}', { params: { path: { model: 'acme/large' } } });
const cost: number | string | undefined = model.data?.totalCostNanoUsd;
const history = await client.GET('/api/v1/usage/history', { params: { query: { end_time: '2026-06-10', limit: 1 } } });
const total: number | undefined = history.data?.total;
const advice = await client.POST('/api/v1/recommendations', { body: { task: 't', candidates: ['a'], minQuality: 0.5, seed: 'c' } });
const choice: 'proven' | 'default' | 'explored' | undefined = advice.data?.choice;
const usage = { recorded, cost, unpriced: model.data?.unpricedRequests, total, choice };
console.log(JSON.stringify({ limit, status, booked: settled.data?.booked, code, http: refused.response.status, usage }));
`;

describe('a client that is generated from it', () => {
  it('compiles, is told of mistakes by its compiler, reserves and settles, observes and asks', async () => {
    const all = await served({ token: 'secret' });
    const document = await documentOf(all, { authorization: 'Bearer secret' });
    const directory = directoryInThisPackage();
    writeFileSync(join(directory, 'schema.d.ts'), astToString(await openapiTypescript(document)));
    writeFileSync(join(directory, 'client.mts'), program);
    expect(await compile(directory)).toBe('');
    writeFileSync(
      join(directory, 'client.mts'),
      program.replace("unit: 'nanoUsd', limit: 500", "unit: 'dollars', limit: 500"),
    );
    expect(await compile(directory)).toContain('\'"dollars"\' is not assignable');

    const { outputText } = typescript.transpileModule(program, {
      compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 },
    });
    writeFileSync(join(directory, 'client.mjs'), outputText);
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(directory, 'client.mjs'),
      all.origin,
      'secret',
    ]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ limit: '9007199254740993', status: 'settled', booked: { nanoUsd: 300 } },
      ...{ code: 'budget_exceeded', http: 402 },
      usage: { recorded: 1, cost: 9_007_199_254_740, unpriced: 1, total: 2, choice: 'default' },
    });
  }, 60_000);
});

/** Where the client finds its library. */
function directoryInThisPackage(): string {
  const parent = fileURLToPath(new URL('../../node_modules/.generated/', import.meta.url));
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, 'client-'));
  afterThisTest(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** What the compiler says. */
async function compile(directory: string): Promise<string> {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
  ];
  return promisify(execFile)(process.execPath, [tsc, ...options, 'client.mts'], { cwd: directory }).then(
    ({ stdout }) => stdout,
    ({ stdout }) => stdout,
  );
}
