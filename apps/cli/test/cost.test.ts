import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedLines } from './recorded-lines.js';
import { bin, budget, budgetJson } from './run-budget.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-cost-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const chat = {
  id: 'chatcmpl-1',
  model: 'gpt-4o-2024-08-06',
  created: 1_780_000_000,
  usage: { prompt_tokens: 1000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 200 } },
};
const exchange = (id: string, response: unknown) => ({
  ...{ id, host: 'api.openai.com', path: '/v1/chat/completions', request_model: 'gpt-4o', stream: false, status: 200 },
  ...{ content_type: 'application/json', response, anything: 'else' },
});
const stream = [
  ': OPENROUTER PROCESSING',
  'data: {"id":"gen-1","model":"openai/gpt-5-mini","choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}',
  'data: {"id":"gen-1","model":"openai/gpt-5-mini","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0.00001}}',
  'data: [DONE]',
  '',
].join('\n\n');

const row = {
  id: 'chatcmpl-1',
  provider: 'openai',
  model: 'gpt-4o-2024-08-06',
  at: '2026-05-28T20:26:40.000Z',
  prompt_tokens: 1000,
  cached_prompt_tokens: 200,
  cache_write_tokens: 0,
  completion_tokens: 10,
  reasoning_tokens: 0,
  usage_missing: false,
  usage_partial: false,
  service_tier: null,
  unpriced_parts: [],
  cost_nano_usd: 2_350_000,
  economic_cost_nano_usd: 2_600_000,
  cost_source: 'rates',
  price_version: 'genai-prices-0.1.8:openai/gpt-4o',
};

describe('budget cost', () => {
  it('says what one response cost', async () => {
    expect(await budgetJson(['cost', file('chat.json', JSON.stringify(chat, null, 2))])).toEqual([row]);
  });

  it('reads a response from standard input', async () => {
    expect(await budgetJson(['cost', '-'], { input: JSON.stringify(chat) })).toEqual([row]);
  });

  it('reads the text of an event stream, and takes what the provider reported', async () => {
    const [printed] = (await budgetJson(['cost', file('stream.txt', stream), '--provider', 'openrouter'])) as object[];
    expect(printed).toMatchObject({ id: 'gen-1', cost_nano_usd: 10_000, cost_source: 'provider', price_version: null });
  });

  it.each([
    ['as they are', (text: string) => text],
    ['gzipped', (text: string) => gzipSync(text)],
    ['with a mark in front and line ends of Windows', (text: string) => `\uFEFF\r\n${text.replaceAll('\n', '\r\n')}`],
  ])('reads JSON lines of recorded exchanges %s', async (_, written) => {
    const lines = [exchange('a', chat), exchange('b', { model: 'gpt-4o', choices: [] }), exchange('c', stream)];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const printed = await budgetJson(['cost', file('exchanges.jsonl', written(text))]);
    expect(printed).toMatchObject([
      { ...row, id: 'a' },
      { id: 'b', usage_missing: true, cost_nano_usd: null, cost_source: 'unknown' },
      { id: 'c', cost_source: 'provider', cost_nano_usd: 10_000 },
    ]);
  });

  it.each([
    ['as they are', (text: string) => text],
    ['gzipped', (text: string) => gzipSync(text)],
  ])('reads lines that go on from one piece of a large file to the next, %s', async (_, written) => {
    // Random, so that the file is large when gzipped too; and one line is longer than some pieces.
    const lines = Array.from({ length: 400 }, (_, index) => {
      const content = randomBytes(index === 200 ? 1_000_000 : 3000 + index).toString('base64');
      return exchange(`line-${index}`, { ...chat, usage: { ...chat.usage, completion_tokens: 100 + index }, content });
    });
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const printed = (await budgetJson(['cost', file('large.jsonl', written(text))])) as object[];
    expect(printed).toHaveLength(lines.length);
    expect(printed).toMatchObject(lines.map(({ id }, index) => ({ id, completion_tokens: 100 + index })));
  });

  it('reads the lines of a batch at half the price', async () => {
    const line = { id: 'batch_req_1', custom_id: 'mine', response: { status_code: 200, body: chat }, error: null };
    const printed = await budgetJson(['cost', file('batch.jsonl', `${JSON.stringify(line)}\n`)]);
    expect(printed).toMatchObject([{ id: 'mine', service_tier: 'batch', cost_nano_usd: 1_175_000 }]);
  });

  it('gives each response of a list a row, as it does with each line', async () => {
    const claude = { id: 'msg_1', model: 'claude-haiku-4-5', usage: { input_tokens: 500, output_tokens: 90 } };
    const result = (id: string) => ({ custom_id: id, result: { type: 'succeeded', message: claude } });
    for (const list of [
      [chat, { ...chat, id: 'chatcmpl-2' }, claude],
      [result('a'), result('b')],
    ]) {
      const lines = list.map((each) => `${JSON.stringify(each)}\n`).join('');
      const expected = (await budgetJson(['cost', file('each.jsonl', lines), '--at', '2026-10-01'])) as object[];
      expect(expected).toHaveLength(list.length);
      for (const text of [JSON.stringify(list), JSON.stringify(list, null, 2)]) {
        expect(await budgetJson(['cost', file('list.json', text), '--at', '2026-10-01'])).toEqual(expected);
      }
    }
  });

  it('gives each answer of streams and of lists that stand one behind the other a row', async () => {
    const costs = async (text: string) =>
      ((await budgetJson(['cost', file('many.txt', text)])) as { cost_nano_usd: number }[]).map(
        ({ cost_nano_usd }) => cost_nano_usd,
      );
    expect(await costs(`${stream}${stream}`)).toEqual([10_000, 10_000]);
    expect(await costs(`${JSON.stringify([chat, chat])}\n${JSON.stringify([chat])}\n`)).toEqual([
      2_350_000, 2_350_000, 2_350_000,
    ]);
  });

  it("takes Google's stream that came as a list as one answer", async () => {
    const piece = (completion: number, finishReason?: string) => ({
      ...{ responseId: 'r1', modelVersion: 'gemini-2.5-flash', candidates: [{ finishReason }] },
      usageMetadata: { promptTokenCount: 100, candidatesTokenCount: completion },
    });
    const printed = await budgetJson(['cost', file('google.json', JSON.stringify([piece(3), piece(9, 'STOP')]))]);
    expect(printed).toMatchObject([{ id: 'r1', prompt_tokens: 100, completion_tokens: 9 }]);
  });

  it('reads several files, in their order', async () => {
    const first = file('1.json', JSON.stringify({ ...chat, id: 'first' }));
    const second = file('2.json', JSON.stringify({ ...chat, id: 'second' }));
    expect(await budgetJson(['cost', second, first])).toMatchObject([{ id: 'second' }, { id: 'first' }]);
  });

  it('takes --provider, --model and --at for what the response does not say', async () => {
    const bare = file('bare.json', JSON.stringify({ usage: chat.usage }));
    const said = ['--provider', 'openai', '--model', 'o3'];
    const cost = async (...more: string[]) => {
      const [printed] = (await budgetJson(['cost', bare, ...said, ...more])) as { cost_nano_usd: number }[];
      return printed?.cost_nano_usd;
    };
    expect(await cost('--at', '2025-06-09')).toBe(8_500_000);
    expect(await cost('--at', '2025-06-10T00:00:00Z')).toBe(1_780_000);
  });

  it('takes a time without a zone for UTC, wherever the machine stands, and refuses a day that does not exist', async () => {
    const env = { TZ: 'Asia/Tokyo' };
    // The price of o3 fell at the beginning of 10 June 2025 in UTC.
    const said = ['cost', '-', '--provider', 'openai', '--model', 'o3'];
    const costOf = async (response: object, ...more: string[]) => {
      const [printed] = (await budgetJson([...said, ...more], { input: JSON.stringify(response), env })) as {
        cost_nano_usd: number;
      }[];
      return printed?.cost_nano_usd;
    };
    expect(await costOf(chat, '--at', '2025-06-10T03:00:00')).toBe(1_780_000);
    expect(await costOf({ usage: chat.usage, created_at: '2025-06-10T03:00:00' })).toBe(1_780_000);
    expect((await budget([...said, '--at', '2026-02-30T00:00:00Z'], { input: JSON.stringify(chat) })).code).toBe(2);
  });

  it('shows the arithmetic with --receipt', async () => {
    const name = file('chat.json', JSON.stringify(chat));
    const [{ receipt }] = (await budgetJson(['cost', name, '--receipt'])) as [{ receipt: object }];
    expect(receipt).toMatchObject({
      price_version: 'genai-prices-0.1.8:openai/gpt-4o',
      lines: [
        { part: 'prompt', count: 800, price_of: 'input_per_1m', price_usd: '2.5', exact_usd: '0.002' },
        { part: 'cached_prompt', count: 200, price_of: 'cached_input_per_1m', price_usd: '1.25', exact_usd: '0.00025' },
        { part: 'completion', count: 10, price_of: 'output_per_1m', price_usd: '10', exact_usd: '0.0001' },
      ],
      exact_usd: '0.00235',
      cost_nano_usd: 2_350_000,
      economic_cost_nano_usd: 2_600_000,
    });
    const { stdout } = await budget(['--format', 'table', 'cost', name, '--receipt']);
    expect(stdout).toContain('Sum 0.00235, rounded once to $0.002350000; without cache hits $0.002600000');
  });

  it('says ≥ where a part of the sum is not known, and on stderr why', async () => {
    const lines = [
      exchange('a', chat),
      { id: 'b', host: 'llm.example.com', response: { model: 'm', usage: chat.usage } },
    ];
    const name = file('some.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const { stdout, stderr, code } = await budget(['--format', 'table', 'cost', name]);
    expect(code).toBe(0);
    expect(stdout).toContain('2 responses: ≥$0.002350000, and 1 of unknown cost');
    expect(stderr).toContain('llm.example.com m: no price is known');
  });

  it('says ≥ where a part of one call has no price', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 50, citation_tokens: 20, num_search_queries: 2 };
    const name = file('search.json', JSON.stringify({ model: 'sonar-pro', usage }));
    const printed = await budgetJson(['cost', name, '--provider', 'perplexity']);
    expect(printed).toMatchObject([{ unpriced_parts: ['web_searches'], cost_nano_usd: 15_350_000 }]);
    const { stdout } = await budget(['--format', 'table', 'cost', name, '--provider', 'perplexity']);
    expect(stdout).toContain('1 response: ≥$0.015350000');
    const receipt = await budget(['--format', 'table', 'cost', name, '--provider', 'perplexity', '--receipt']);
    expect(receipt.stdout).toContain('rounded once to ≥$0.015350000');
  });

  it('of a model that is charged by the hour has no receipt of zero', async () => {
    const name = file(
      'whisper.json',
      JSON.stringify({ model: 'whisper-1', usage: { input_tokens: 5, output_tokens: 5 } }),
    );
    const { stdout } = await budget(['--format', 'table', 'cost', name, '--receipt']);
    expect(stdout).toContain('No cost: it is charged by hours of audio');
    expect(stdout).not.toContain('Sum 0');
  });

  it("goes by the workspace's table where it stands", async () => {
    writeFileSync(
      join(directory, 'model-rates.yaml'),
      'rates:\n  gpt-4o: {prompt_per_1k: 0.001, completion_per_1k: 0}\n',
    );
    const printed = await budgetJson(['cost', '-'], { input: JSON.stringify(chat), cwd: directory });
    expect(printed).toMatchObject([{ price_version: 'workspace-rates', cost_nano_usd: 1_000_000 }]);
    rmSync(join(directory, 'model-rates.yaml'));
  });

  it('refuses a workspace that is not there, where its prices would be others in silence', async () => {
    const { code, stderr } = await budget(['cost', '-', '--workspace', join(directory, 'mistyped')], {
      input: JSON.stringify(chat),
    });
    expect([code, stderr.includes('mistyped: there is no such directory')]).toEqual([4, true]);
  });

  it('leaves out a last line that a crash cut off, and says so', async () => {
    const name = file('torn.jsonl', `${JSON.stringify(exchange('a', chat))}\n{"id":"b","resp`);
    const { stdout, stderr, code } = await budget(['cost', name]);
    expect([code, JSON.parse(stdout).length]).toEqual([0, 1]);
    expect(stderr).toContain('torn.jsonl:2: the last line is not finished');
  });

  it.each([
    ['empty', '', 'is empty'],
    ['no response', 'What did this cost?', 'neither JSON'],
    ['a document cut off', '{\n  "usage": {', 'neither JSON'],
    ['a number', '5\n', 'is no response'],
    ['a list of events', '[{"type":"message_start"},{"type":"message_stop"}]', 'is a list of the events of a stream'],
    ['a list of numbers', '[1, 2]', 'is a list of which an element is no JSON object'],
  ])('refuses a file that is %s, and says what to give', async (_, content, message) => {
    const { code, stderr, stdout } = await budget(['cost', file('bad', content)]);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain("Give a provider's response as JSON");
  });

  describe('text beyond ASCII', () => {
    /** The same line in ASCII alone, of which nothing can be read wrongly. */
    const inAscii = (line: string): string =>
      line.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

    async function costOfLines(lines: readonly string[]): Promise<unknown> {
      return budgetJson(['cost', '-', '--at', '2026-10-01'], { input: lines.map((line) => `${line}\n`).join('') });
    }

    it.skipIf(recordedLines.length === 0)('changes no figure and no name of recorded exchanges', async () => {
      expect(await costOfLines(recordedLines)).toEqual(await costOfLines(recordedLines.map(inAscii)));
    });

    const events = stream.replace('"Hi"', '"Grüße, 世界"').replace(': OPENROUTER PROCESSING\n\n', '');
    const withoutDone = events.replace('data: [DONE]\n\n', '');
    it.each([
      ['an answer', { ...chat, choices: [{ message: { content: 'Grüße, 世界 ' } }] }],
      ['a model', { ...chat, model: 'модель-é' }],
      ['an id', { ...chat, id: 'ответ' }],
      ['a tier', { ...chat, service_tier: 'flüssig' }],
      ['a stream', events],
      [
        'a stream behind a byte order mark',
        `\ufeff${events.replace('data: {"id":"gen-1","model":"openai/gpt-5-mini","choices":[],', 'data: {')}`,
      ],
      ['a stream that ends in a blank beyond ASCII', `${withoutDone}\u00a0\u2003`],
      ['a stream that broke off in a letter', `${events.slice(0, events.indexOf('世'))}é`],
    ])('is read right in %s', async (_, response) => {
      const first = JSON.stringify(exchange('first', chat));
      for (const id of ['a', 'é']) {
        const line = JSON.stringify(exchange(id, response));
        const rows = await costOfLines([first, line]);
        expect(rows).toEqual(await costOfLines([first, inAscii(line)]));
        expect(rows).toMatchObject([{ id: 'first' }, { id }]);
      }
    });
  });

  it('prints one list of more rows than it holds at once', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => `${JSON.stringify(exchange(String(index), chat))}\n`);
    const { stdout, code } = await budget(['cost', '-'], { input: lines.join('') });
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as { id: string }[];
    expect(rows.map(({ id }) => Number(id))).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
    expect(stdout).toBe(`${JSON.stringify(rows, null, 2)}\n`);
    const table = await budget(['cost', '-', '--format', 'table'], { input: lines.join('') });
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(20_000 + 3);
  });

  it('stops when nobody reads on', async () => {
    const name = file('many.jsonl', `${JSON.stringify(exchange('a', chat))}\n`.repeat(20_000));
    const child = spawn('sh', ['-c', '"$0" "$1" cost "$2" | head -1', process.execPath, bin, name]);
    let told = '';
    child.stderr.on('data', (text: Buffer) => (told += text.toString()));
    child.stdout.resume();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(told).toBe('');
  });

  it('refuses a line in the middle that is no JSON, with its number', async () => {
    const line = JSON.stringify(exchange('a', chat));
    const { code, stderr } = await budget(['cost', file('middle.jsonl', `${line}\nnonsense\n${line}\n`)]);
    expect(code).toBe(4);
    expect(stderr).toContain('middle.jsonl:2 is not JSON');
  });

  it('refuses a file that is not there, a directory, and half a gzip file', async () => {
    expect((await budget(['cost', join(directory, 'none')])).code).toBe(4);
    expect((await budget(['cost', directory])).code).toBe(4);
    expect((await budget(['--quiet', 'cost', directory, '--format', 'table'])).code).toBe(4);
    const whole = gzipSync(JSON.stringify(chat));
    const { code, stderr } = await budget(['cost', file('half.gz', whole.subarray(0, whole.length - 12))]);
    expect([code, stderr.includes('half.gz cannot be read')]).toEqual([4, true]);
  });
});

describe('budget estimate', () => {
  const request = { model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'user', content: 'Hello.' }] };

  it('says what a request may cost before it is sent', async () => {
    const printed = await budgetJson(['estimate', '-'], { input: JSON.stringify(request) });
    expect(printed).toMatchObject({ model: 'gpt-4o', max_output_tokens: 100, answers: 1, upper_bound: false });
    const { cost_nano_usd, prompt_tokens } = printed as { cost_nano_usd: number; prompt_tokens: number };
    expect(cost_nano_usd).toBe(prompt_tokens * 2_500 + 1_000_000);
  });

  it('is an upper bound with --strict', async () => {
    const name = file('request.json', JSON.stringify(request));
    expect(await budgetJson(['estimate', name, '--strict'])).toMatchObject({
      prompt_tokens: JSON.stringify(request).length,
      upper_bound: true,
    });
  });

  it('refuses what is no request, and one that names no model', async () => {
    expect((await budget(['estimate', '-'], { input: 'Hello' })).code).toBe(4);
    expect((await budget(['estimate', '-'], { input: '[]' })).code).toBe(4);
    expect((await budget(['estimate', join(directory, 'none.json')])).code).toBe(4);
    const { code, stderr } = await budget(['estimate', '-'], { input: '{}' });
    expect([code, stderr.includes('--model')]).toEqual([2, true]);
  });
});

describe('what a model costs where only the model is named', () => {
  const figures = async (cwd: string, ...options: string[]) => {
    const input = JSON.stringify({ model: 'gpt-5', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] });
    const estimated = await budgetJson(['estimate', '-', ...options], { input, cwd });
    const shown = await budgetJson(['pricing', 'show', 'gpt-5', ...options], { cwd });
    return [estimated, shown];
  };

  it("is what the workspace's own table says of it at its maker, as of a response", async () => {
    const cwd = mkdtempSync(join(directory, 'rates-'));
    const row = '{prompt_per_1k: 1, completion_per_1k: 2, captured_at: 2026-11-01}';
    writeFileSync(join(cwd, 'model-rates.yaml'), `rates:\n  openai/gpt-5: ${row}\n`);
    const own = 'workspace-rates@2026-11-01';
    for (const options of [[], ['--provider', 'openai']]) {
      expect(await figures(cwd, ...options)).toMatchObject([
        { provider: 'openai', price_version: own },
        { holds: own },
      ]);
    }
  });

  it('is nothing where budget.yaml declares it free', async () => {
    const cwd = mkdtempSync(join(directory, 'free-'));
    writeFileSync(join(cwd, 'budget.yaml'), 'models:\n- {name: own, provider: openai, model: gpt-5, free: true}\n');
    expect(await figures(cwd)).toMatchObject([{ cost_nano_usd: 0, price_version: 'settings' }, { holds: 'settings' }]);
  });
});

describe('budget pricing', () => {
  it('lists what models cost', async () => {
    const listed = (await budgetJson(['pricing', 'list', 'gpt-4o-mini', '--provider', 'openai'])) as object[];
    expect(listed).toContainEqual(
      expect.objectContaining({ pricing_id: 'openai/gpt-4o-mini', input_per_1m: '0.15', cached_input_per_1m: '0.075' }),
    );
  });

  it('shows each version of a price and which of them holds', async () => {
    const shown = await budgetJson(['pricing', 'show', 'o3', '--at', '2025-06-01']);
    expect(shown).toMatchObject({
      holds: 'genai-prices-0.1.8:openai/o3',
      versions: [{ input_per_1m: '10' }, { effective_at: '2025-06-10', input_per_1m: '2' }],
    });
  });

  it("goes by the workspace's own table first", async () => {
    writeFileSync(
      join(directory, 'model-rates.yaml'),
      'rates:\n  gpt-4o: {prompt_per_1k: 0.001, completion_per_1k: 0.002}\n',
    );
    const shown = await budgetJson(['pricing', 'show', 'gpt-4o', '--workspace', directory]);
    expect(shown).toMatchObject({ holds: 'workspace-rates', versions: [{ input_per_1m: '1', output_per_1m: '2' }] });
  });

  it('says what is near where it knows no price', async () => {
    const { code, stderr } = await budget(['pricing', 'show', 'gpt-4o-min']);
    expect([code, stderr.includes('openai gpt-4o-mini')]).toEqual([4, true]);
  });
});
