import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, budget } from './run-budget.js';

let directory: string;
let serving: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-hub-serve-'));
});
afterEach(() => {
  serving?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('budget hub serve', () => {
  it('serves the hub until it is told to end, and says how it ended', async () => {
    const child = spawn(process.execPath, [bin, '--log-format', 'json', 'hub', 'serve', '--port', '0'], {
      env: { ...process.env, BUDGET_HUB_DATABASE: join(directory, 'hub.db'), BUDGET_HUB_SERVE_TOKENS: '' },
    });
    serving = child;
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (output.stdout += chunk));
    child.stderr.on('data', (chunk) => (output.stderr += chunk));
    while (!output.stderr.includes('listens on')) await once(child.stderr, 'data');
    const url = /listens on (\S+) /.exec(output.stderr)?.[1];
    const summary = await fetch(`${url}/token-summary`, { headers: { connection: 'close' } });
    expect(await summary.json()).toMatchObject({ totals: { runs: 0 } });
    const tools = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        connection: 'close',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    expect(await tools.json()).toMatchObject({ result: { tools: [{}, {}] } });
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(JSON.parse(output.stdout)).toEqual({ ended_by: 'SIGTERM' });
    const lines = output.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ level }) => level)).toEqual(['note', 'note', 'note']);
  });

  it.each([
    [['--port', '70000'], 2, 'A port is a number from 0 to 65535'],
    [['--host', '0.0.0.0'], 2, 'Without tokens a hub serves this machine alone'],
    [['--tokens', 'missing.json'], 5, 'The tokens cannot be read'],
    [['--database', '/dev/null/hub.db'], 5, 'cannot be opened'],
  ])('%j ends with %i and says what to do', async (options, code, message) => {
    const ended = await budget(['hub', 'serve', '--port', '0', ...options], {
      cwd: directory,
      env: { BUDGET_HUB_SERVE_TOKENS: '' },
    });
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});
