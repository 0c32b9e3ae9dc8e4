import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { parseTokens } from '../src/access.js';
import { asked, hubAtWork, tokenFor } from './hub-at-work.js';
import { hubProcess, listening } from './hub-process.js';
import { tokenEvent } from './token-events.js';

const handbook = tokenFor('acme', 'handbook');
const acme = tokenFor('acme', '*');
const all = tokenFor('*', '*');
const tokens = [handbook.entry, acme.entry, all.entry];
const ofQuiz = tokenEvent({ id: 'run-2', infospace_slug: 'quiz' });
const ofBeta = tokenEvent({ id: 'run-3', workspace: 'beta' });

describe('a token', () => {
  it('is needed for everything but the health of the hub', async () => {
    const hub = await hubAtWork({ tokens });
    expect((await asked(`${hub.url}/healthz`)).body).toEqual({ status: 'ok', version: '1.2.3' });
    for (const path of ['/token-events', '/token-summary', '/mcp', '/anything']) {
      const missing = await asked(`${hub.url}${path}`, { method: path === '/token-summary' ? 'GET' : 'POST' });
      expect(missing).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it.each([
    ['unknown', 'Bearer nobody-knows-it', 403],
    ['the hash instead of the token', `Bearer ${handbook.entry.sha256}`, 403],
    ['with something behind it', `Bearer ${handbook.token}x`, 403],
    ['another way to authorize', `Basic ${Buffer.from(`x:${handbook.token}`).toString('base64')}`, 401],
    ['empty', 'Bearer ', 401],
    ['written in small letters', `bearer ${handbook.token}`, 200],
  ])('%s: %s', async (_what, authorization, status) => {
    const hub = await hubAtWork({ tokens });
    expect(await hub.post(tokenEvent(), { authorization })).toMatchObject({ status });
    expect(await hub.summary({}, { authorization })).toMatchObject({ status });
  });

  it('of a project writes events of that project alone, and of a batch with another one none', async () => {
    const hub = await hubAtWork({ tokens });
    const forbidden = { status: 403, body: { code: 'project_forbidden' } };
    expect(await hub.post(ofQuiz, handbook.headers)).toMatchObject(forbidden);
    expect(await hub.post([tokenEvent(), ofQuiz], handbook.headers)).toMatchObject(forbidden);
    expect(await hub.post(ofBeta, acme.headers)).toMatchObject(forbidden);
    expect((await hub.summary({}, all.headers)).body.totals.runs).toBe(0);
    expect(await hub.post(tokenEvent(), handbook.headers)).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(await hub.post([tokenEvent(), ofQuiz], acme.headers)).toMatchObject({
      body: { accepted: 1, duplicates: 1 },
    });
  });

  it('of a project reads what is of that project alone', async () => {
    const hub = await hubAtWork({ tokens });
    await hub.post([tokenEvent(), ofQuiz, ofBeta], all.headers);
    const runs = async ({ headers }: typeof all, query = {}) => (await hub.summary(query, headers)).body.totals?.runs;
    expect([await runs(handbook), await runs(acme), await runs(all)]).toEqual([1, 2, 3]);
    expect(await runs(acme, { workspace: 'acme', infospace: 'quiz' })).toBe(1);
    const forbidden = { status: 403, body: { code: 'project_forbidden' } };
    expect(await hub.summary({ workspace: 'beta' }, acme.headers)).toMatchObject(forbidden);
    expect(await hub.summary({ workspace: 'acme', infospace: 'quiz' }, handbook.headers)).toMatchObject(forbidden);
  });

  it("cannot use up the ids of another project's events", async () => {
    const hub = await hubAtWork({ tokens });
    const { source } = tokenEvent();
    await hub.post(tokenEvent({ infospace_slug: 'quiz', source }), acme.headers);
    expect((await hub.post(tokenEvent(), handbook.headers)).body).toEqual({ accepted: 1, duplicates: 0 });
  });
});

describe('tokens are configured', () => {
  const environment = { BUDGET_HUB_SERVE_TOKENS: '' };
  const serve = ['--port', '0', '--database', 'hub.db'];

  it('by `budget-hub token`, whose token is accepted and stands in no file and no line of the hub', async () => {
    const directory = temporaryDirectory();
    const made = hubProcess(['token', '--name', 'ci', '--workspace', 'acme', '--infospace', 'handbook']);
    expect(await made.ended).toBe(0);
    const [, token = '', entry = ''] = /\n {2}(\S+)\n[\s\S]*\n {2}(\{.*\})\n/.exec(made.printed()) ?? [];
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(entry).not.toContain(token);
    writeFileSync(join(directory, 'tokens.json'), `{"tokens": [${entry}]}`);
    const hub = hubProcess([...serve, '--tokens', 'tokens.json'], { cwd: directory, environment });
    const url = await listening(hub);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/cloudevents+json' };
    const posted = await asked(`${url}/token-events`, { method: 'POST', headers, body: JSON.stringify(tokenEvent()) });
    expect(posted).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(await asked(`${url}/token-summary`, { headers: { authorization: 'Bearer wrong' } })).toMatchObject({
      status: 403,
    });
    hub.child.kill('SIGTERM');
    expect(await hub.ended).toBe(0);
    expect(hub.printed()).toContain('One token is configured');
    expect(hub.printed()).not.toContain(token);
  });

  it('by the environment, as the file would hold them', async () => {
    const hub = hubProcess(serve, {
      cwd: temporaryDirectory(),
      environment: { BUDGET_HUB_SERVE_TOKENS: JSON.stringify({ tokens: [handbook.entry] }) },
    });
    const url = await listening(hub);
    expect(await asked(`${url}/token-summary`)).toMatchObject({ status: 401 });
    expect(await asked(`${url}/token-summary`, { headers: handbook.headers })).toMatchObject({ status: 200 });
  });

  it('or not at all, which is for this machine alone, and it says so', async () => {
    const cwd = temporaryDirectory();
    const hub = hubProcess(serve, { cwd, environment });
    expect(await listening(hub)).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(hub.printed()).toContain('No tokens are configured: every program on this machine may write and read.');
    for (const host of ['0.0.0.0', '::', 'hub.example.com']) {
      const open = hubProcess([...serve, '--host', host], { cwd, environment });
      expect(await open.ended).toBe(2);
      expect(open.printed()).toContain('Without tokens a hub serves this machine alone');
    }
  });

  it('twice is a mistake', async () => {
    const given = { BUDGET_HUB_SERVE_TOKENS: '{}' };
    const hub = hubProcess([...serve, '--tokens', 'tokens.json'], { cwd: temporaryDirectory(), environment: given });
    expect(await hub.ended).toBe(2);
  });

  it.each([
    ['{"tokens": []}', 'tokens'],
    ['{}', 'tokens'],
    [JSON.stringify({ tokens: [{ ...handbook.entry, sha256: handbook.token }] }), 'tokens[0].sha256'],
    [JSON.stringify({ tokens: [{ ...handbook.entry, infospcae: 'x' }] }), 'tokens[0]'],
    [JSON.stringify({ tokens: [{ ...handbook.entry, workspace: '*' }] }), 'tokens[0]'],
    [JSON.stringify({ tokens: [handbook.entry, { ...handbook.entry, infospace: 'quiz' }] }), 'tokens[1].sha256'],
    [`{"tokens": ["${handbook.token}"`, ''],
  ])('a file that is not right is refused, without telling a token: %s', (text, path) => {
    const parsed = parseTokens(text);
    expect(parsed).toMatchObject({ faults: [{ path }] });
    expect(JSON.stringify(parsed)).not.toContain(handbook.token);
  });
});
