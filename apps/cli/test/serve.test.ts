import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, budget, budgetJson } from './run-budget.js';

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-serve-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const environment = () => ({ BUDGET_LEDGER: join(directory, 'ledger.db'), BUDGET_SERVE_TOKEN: '' });

/** `budget serve` in a process of its own, once it listens. */
async function serving(options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [bin, 'serve', '--port', '0', ...options], {
    cwd: directory,
    env: { ...process.env, ...environment(), ...env },
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const closed = once(child, 'close');
  while (!output.stderr.includes('is served on')) {
    const first = await Promise.race([once(child.stderr, 'data'), closed.then(() => null)]);
    if (first === null) throw new Error(output.stderr);
  }
  const [, url = ''] = /is served on (\S+) /.exec(output.stderr) ?? [];
  return { child, url, output, ended: closed.then(([code, signal]) => code ?? signal) };
}

async function asked(
  url: string,
  { method = 'GET', body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const response = await fetch(url, {
    method,
    headers: { connection: 'close', 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const call = (id: string) => ({ id, scopes: ['run:1'], amounts: { calls: 1 } });

describe('budget serve', { timeout: 60_000 }, () => {
  it('serves the ledger that the other commands use, tells thresholds, and says how it ended', async () => {
    await budgetJson(['limits', 'set', 'run:1', '--unit', 'calls', '--limit', '1'], { env: environment() });
    const { child, url, output, ended } = await serving([]);
    expect(await asked(`${url}/reservations`, { method: 'POST', body: call('a') })).toMatchObject({ status: 201 });
    expect(await asked(`${url}/reservations`, { method: 'POST', body: call('b') })).toMatchObject({ status: 402 });
    expect(
      await asked(`${url}/reservations/a/settle`, { method: 'POST', body: { amounts: { calls: 1 } } }),
    ).toMatchObject({
      status: 200,
    });
    const shown = await budgetJson(['limits', 'show', 'run:1'], { env: environment() });
    expect(shown).toMatchObject({ limits: [{ used: 1, held: 0, remaining: 0 }] });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual({ ended_by: 'SIGTERM' });
    const lines = output.stderr.trim().split('\n');
    expect(lines[0]).toMatch(
      /^budget: The ledger is served on http:\/\/127\.0\.0\.1:\d+\/api\/v1 to every program on this machine\.$/,
    );
    expect(lines.slice(1, -1).filter((line) => line.includes('run:1'))).toHaveLength(3);
    expect(lines.at(-1)).toBe('budget: SIGTERM: the server ends.');
  });

  it('ends holds whose time is over, though nobody reserves or looks', async () => {
    const { child, url, output, ended } = await serving([]);
    const hold = { method: 'POST', body: { ...call('unsent'), expiresInMs: 1 } };
    expect(await asked(`${url}/reservations`, hold)).toMatchObject({ status: 201 });
    const sent = { ...call('sent'), scopes: ['run:2'], expiresInMs: 1, isSent: true };
    expect(await asked(`${url}/reservations`, { method: 'POST', body: sent })).toMatchObject({ status: 201 });
    const scope = async (name: string) => (await asked(`${url}/limits/${name}`)).body;
    await expect.poll(() => scope('run:2'), { timeout: 20_000 }).toMatchObject({ usage: [{ used: 1, held: 0 }] });
    expect(await scope('run:1')).toMatchObject({ usage: [{ used: 0, held: 0 }] });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(output.stderr.trim().split('\n')).toHaveLength(2);
  });

  it('keeps observations, tells what was used of them, and resets for whoever bears its token', async () => {
    const observed = { application: 'chat', provider: 'openai', model: 'openai/gpt-5', completionTokens: 1 };
    const at = '2026-11-22T12:00:00Z';
    const post = { method: 'POST', body: { id: 'a', at, ...observed, promptTokens: 9 } };
    const open = await serving([]);
    expect(await asked(`${open.url}/observations`, post)).toMatchObject({ status: 201 });
    expect(await asked(`${open.url}/usage/reset`, { method: 'POST' })).toMatchObject({ status: 403 });
    const { url } = await serving(['--token', 'secret']);
    const headers = { authorization: 'Bearer secret' };
    const model = `${url}/usage/models/openai/gpt-5`;
    expect(await asked(model, { headers })).toMatchObject({ body: { totalTokens: 10, unpricedRequests: 1 } });
    const reset = await asked(`${url}/usage/reset`, { method: 'POST', headers });
    expect(reset).toEqual({ status: 200, body: { success: true, message: 'Usage tracking reset' } });
    expect(await asked(`${open.url}/usage/models/openai/gpt-5`)).toMatchObject({ body: { totalTokens: 0 } });
    expect(await asked(`${open.url}/usage/history`)).toMatchObject({ body: { total: 1 } });
  });

  it.each(['--token', '--token-file', 'BUDGET_SERVE_TOKEN'])('needs the token of %s', async (from) => {
    const token = 'dG9rZW4tb2YtdGhlLXNlcnZlcg';
    writeFileSync(join(directory, 'token'), `${token}\n`);
    const options = { '--token': ['--token', token], '--token-file': ['--token-file', 'token'] }[from] ?? [];
    // What is said on the command line counts more.
    const { url, output } = await serving(options, { BUDGET_SERVE_TOKEN: options.length === 0 ? token : 'another' });
    expect(await asked(`${url}/limits`)).toMatchObject({ status: 401 });
    expect(await asked(`${url}/limits`, { headers: { authorization: 'Bearer another' } })).toMatchObject({
      status: 403,
    });
    expect(await asked(`${url}/limits`, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
    });
    expect(await asked(`${url}/healthz`)).toMatchObject({ status: 200 });
    expect(output.stderr).toContain('to whoever bears the token.');
    expect(output.stderr).not.toContain(token);
  });

  it('what is being sent when it is told to end is answered, and what is idle does not hold it', async () => {
    const { child, url, ended } = await serving([]);
    const port = Number(new URL(url).port);
    const [idle, busy] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all([once(idle, 'connect'), once(busy, 'connect')]);
    idle.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await once(idle, 'data');
    const body = JSON.stringify(call('late'));
    // The server says `100 Continue` once it has seen the request.
    const headers = [
      'host: 127.0.0.1',
      'expect: 100-continue',
      'content-type: application/json',
      `content-length: ${body.length}`,
    ];
    busy.write(`POST /api/v1/reservations HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`);
    await once(busy, 'data');
    child.kill('SIGINT');
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    let answer = '';
    busy.on('data', (chunk) => (answer += chunk));
    const closed = once(busy, 'close');
    busy.write(body.slice(10));
    await closed;
    expect(answer).toContain('201 Created');
    expect(await ended).toBe(0);
    const shown = await budgetJson(['limits', 'show', 'run:1'], { env: environment() });
    expect(shown).toMatchObject({ usage: [{ unit: 'calls', held: 1 }] });
  });

  it('is asked under other names only where they are allowed', async () => {
    const { url } = await serving(['--allowed-host', 'budget.example.com']);
    for (const [host, status] of [
      ['budget.example.com', 200],
      ['127.0.0.1', 200],
      ['example.com', 403],
    ] as const) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk));
      socket.write(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      await once(socket, 'close');
      expect(answer).toContain(`HTTP/1.1 ${status}`);
    }
  });

  it.each([
    [['--port', '70000'], 2, 'A port is a number from 0 to 65535', {}],
    [['--host', '0.0.0.0'], 2, 'Without a token the ledger is served to this machine alone', {}],
    [['--token', 'a', '--token-file', 'b'], 2, 'Leave one of them out', {}],
    [['--token', ''], 2, 'is empty, or has blanks', {}],
    [['--allowed-host', ''], 2, '--allowed-host is "", which is no name', {}],
    [['--allowed-host', 'https://budget.example.com'], 2, 'budget.example.com", which is no name', {}],
    [['--token-file', 'missing'], 5, 'The token cannot be read', {}],
    [['--host', '192.0.2.1', '--token', 'secret'], 5, 'cannot be served on 192.0.2.1', {}],
    [[], 2, 'The ledger is turned off', { BUDGET_LEDGER_DISABLE: '1' }],
    [[], 5, 'cannot be opened', { BUDGET_LEDGER: '/dev/null/ledger.db' }],
  ])('%j ends with %i and says what to do', async (options, code, message, env) => {
    const ended = await budget(['serve', '--port', '0', ...options], {
      cwd: directory,
      env: { ...environment(), ...env },
    });
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});
