import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** A hub of its own, once it listens. */
async function serve() {
  const child = spawn(process.execPath, [bin, '--log-format', 'json', 'hub', 'serve', '--port', '0'], {
    env: { ...process.env, BUDGET_HUB_DATABASE: join(directory, 'hub.db'), BUDGET_HUB_SERVE_TOKENS: '' },
  });
  serving = child;
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  while (!output.stderr.includes('listens on')) await once(child.stderr, 'data');
  return { child, output, url: /listens on (\S+) /.exec(output.stderr)?.[1] as string };
}

describe('budget hub serve', () => {
  it('serves the hub until it is told to end, and says how it ended', async () => {
    const { child, output, url } = await serve();
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

  it('says when it has made a new database', async () => {
    const first = await serve();
    expect(first.output.stderr).toMatch(/keeps its events in \S+hub\.db, a new database\./);
    first.child.kill('SIGTERM');
    await once(first.child, 'close');
    expect((await serve()).output.stderr).toMatch(/keeps its events in \S+hub\.db\./);
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

  it.each([
    ['http', ''],
    ['mcp', '/mcp'],
  ])('takes the event of a run by %s once, however often it is sent', async (transport, path) => {
    const { url } = await serve();
    const file = join(directory, 'run.json');
    const usage = { prompt_tokens: 100, completion_tokens: 20, cost: 0.001 };
    const stage = { stage_id: 's', provider: 'openrouter', metadata: { model: 'openai/gpt-4o', usage } };
    writeFileSync(file, JSON.stringify({ run_id: 'r', workflow_id: 'w', status: 'completed', stages: [stage] }));
    const env = {
      ...{ BUDGET_HUB_URL: `${url}${path}`, BUDGET_HUB_TRANSPORT: transport, BUDGET_HUB_TOKEN: '' },
      ...{ DO_NOT_TRACK: '', BUDGET_DISABLE_HUB_EVENTS: '', INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS: '' },
      ...{ XDG_STATE_HOME: join(directory, 'state'), XDG_CONFIG_HOME: join(directory, 'config') },
    };
    const recorded = await budget(['run', 'record', directory, '--runs', file], { cwd: directory, env });
    expect(recorded.code).toBe(0);
    // A busy machine may miss the time of the first attempt; then the event is in the outbox.
    expect((await budget(['hub', 'flush'], { cwd: directory, env })).code).toBe(0);
    const { totals } = (await (await fetch(`${url}/token-summary`, { headers: { connection: 'close' } })).json()) as {
      totals: object;
    };
    expect(totals).toMatchObject({ runs: 1, calls: 1, tokens_in: 100, tokens_out: 20, cost_nano_usd: 1_000_000 });
  });
});
