import { fileURLToPath } from 'node:url';
import { type Answer, keptExchanges } from '@budget/replay';
import { describe, expect, test, vi } from 'vitest';
import { execWorld } from './exec-world.js';
import { jsonLines, printed, sent } from './unchanged.js';

vi.setConfig({ testTimeout: 60_000 });

/** What a program does, and how the provider answers it: once, or once for each try. */
interface Step {
  readonly does: string;
  readonly answers?: readonly Answer[];
  /** As the calls of it are to be written down. */
  readonly calls?: readonly Readonly<Record<string, unknown>>[];
}

interface Program {
  readonly command: readonly [string, ...string[]];
  readonly steps: readonly Step[];
  /** Prompt and completion tokens as the SDK's own usage says them. */
  readonly tokensOf: (usage: Usage) => readonly [number, number];
  readonly refusal: Readonly<Record<string, unknown>>;
}

// biome-ignore lint/suspicious/noExplicitAny: every SDK has a shape of its own
type Usage = any;

const path = (name: string): string => fileURLToPath(new URL(`./programs/${name}`, import.meta.url));
const node = (name: string) => [process.execPath, path(`${name}.mjs`)] as const;
const recording = (part: string): Answer => {
  const exchange = keptExchanges().find(({ id }) => id.includes(part));
  if (exchange === undefined) throw new RangeError(`No recording is called ${part}.`);
  return { exchange };
};

/** The SDKs wait as long as they are told before they try again. */
const atOnce = { headers: { 'retry-after-ms': '5' } };
const failing = (status: number): Answer => ({ error: { status }, ...atOnce });
const free = { status: 'failed', cost_nano_usd: 0, usage_missing: false, estimated: false };
const tries = (count: number, last: object) =>
  Array.from({ length: count }, (_, index) => ({ ...(index + 1 === count ? last : free), attempt: index + 1 }));

const brokenOff: Step[] = [
  {
    does: 'stream',
    answers: [{ breakAfterBytes: 900 }],
    calls: [{ status: 'failed', estimated: true, cost_nano_usd: expect.any(Number) }],
  },
  { does: 'leave', answers: [{ cutDelayMs: 150 }], calls: [{ status: 'cancelled', estimated: true }] },
  {
    does: 'impatient',
    answers: [{ isSilent: true }],
    calls: [{ status: 'cancelled', usage_missing: true, estimated: true }],
  },
];

const once: Step[] = [400, 401].map((status) => ({ does: 'text', answers: [failing(status)], calls: [free] }));

/** Of those SDKs that try three times in all. */
const retried: Step[] = [
  { does: 'text', answers: [failing(429), failing(429), {}], calls: tries(3, { status: 'completed' }) },
  { does: 'text', answers: [failing(500), failing(500), failing(500)], calls: tries(3, free) },
  {
    does: 'text',
    answers: [{ isHungUp: true }, {}],
    calls: [{ status: 'failed', usage_missing: true, estimated: true, attempt: 1 }, { attempt: 2 }],
  },
];

const chatTokens = (usage: Usage) => [usage.prompt_tokens, usage.completion_tokens] as const;

const programs: Readonly<Record<string, Program>> = {
  'openai, chat': {
    command: node('openai-chat'),
    steps: [
      { does: 'text' },
      { does: 'tools', answers: [recording('test_openai/test_openai_text_output_function#0')] },
      // Nobody told this program the usage, and yet it is known.
      { does: 'stream', calls: [{ status: 'completed', prompt_tokens: 14, completion_tokens: 8 }] },
      {
        does: 'tools-stream',
        answers: [recording('test_run_stream_sync_streams_real_model')],
        calls: [{ status: 'completed', prompt_tokens: 53, completion_tokens: 15 }],
      },
      { does: 'usage-stream' },
      ...[...once, ...retried, ...brokenOff],
    ],
    tokensOf: chatTokens,
    refusal: { class: 'APIError', status: 402, code: 'budget_exceeded' },
  },
  'openai, responses': {
    command: node('openai-responses'),
    steps: [
      { does: 'text' },
      { does: 'tools', answers: [recording('test_openai_responses/test_text_output_function#0')] },
      { does: 'stream' },
      { does: 'tools-stream', answers: [recording('native_tool_search_streaming')] },
      ...[...once, ...retried, ...brokenOff],
    ],
    tokensOf: ({ input_tokens, output_tokens }) => [input_tokens, output_tokens],
    refusal: { class: 'APIError', status: 402, code: 'budget_exceeded' },
  },
  '@anthropic-ai/sdk': {
    command: node('anthropic'),
    steps: [
      { does: 'text' },
      { does: 'tools', answers: [recording('anthropic_tool_output')] },
      { does: 'stream' },
      { does: 'tools-stream', answers: [recording('text_editor_code')] },
      ...[...once, ...retried, ...brokenOff],
    ],
    tokensOf: (usage) => [
      usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0),
      usage.output_tokens,
    ],
    refusal: { class: 'PaymentRequiredError', status: 402 },
  },
  '@google/genai': {
    command: node('google-genai'),
    steps: [
      { does: 'text' },
      { does: 'tools', answers: [recording('google_tool_output')] },
      { does: 'stream' },
      { does: 'tools-stream', answers: [recording('native_output_with_function')] },
      ...once,
      // It tries nothing again by itself.
      ...[429, 500].map((status) => ({ does: 'text', answers: [failing(status)], calls: [free] })),
      ...brokenOff,
    ],
    tokensOf: (usage) => [
      usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
      (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
    ],
    refusal: { class: 'ApiError', status: 402 },
  },
  'groq-sdk': {
    command: node('groq'),
    steps: [
      { does: 'text' },
      { does: 'tools', answers: [recording('audio-groq')] },
      { does: 'stream' },
      ...[...once, ...retried, ...brokenOff],
    ],
    tokensOf: chatTokens,
    refusal: { class: 'APIError', status: 402 },
  },
};

describe.each(Object.entries(programs))('a program with %s', (_, { command, steps, tokensOf, refusal }) => {
  const answers = steps.flatMap(({ answers = [{}] }) => answers);
  const everything = [...command, ...steps.map(({ does }) => does)] as const;

  test('gets the same under budget exec, sends the same, and every try of it is counted as it says', async () => {
    const { exec, replay, env, costs } = await execWorld();
    replay.next(...answers);
    const bare = await printed(everything, env);
    expect(replay.requests).toHaveLength(answers.length);
    replay.next(...answers);
    const { stdout, stderr } = await exec(['--max-usd', '50'], everything);
    expect(jsonLines(stdout), stderr).toEqual(jsonLines(bare));
    expect(replay.requests.slice(answers.length).map(sent)).toEqual(replay.requests.slice(0, answers.length).map(sent));

    const results = jsonLines(stdout);
    const expected = steps.flatMap(({ calls }, index) => {
      const { result } = results[index] as { result?: { usage?: Usage } };
      if (!result?.usage) return calls ?? [];
      const [prompt_tokens, completion_tokens] = tokensOf(result.usage);
      const told = { status: 'completed', prompt_tokens, completion_tokens, estimated: false, usage_missing: false };
      return [...(calls ?? []).slice(0, -1), { ...calls?.at(-1), ...told }];
    });
    const written = costs().sort((one, other) => (String(one['call_id']) < String(other['call_id']) ? -1 : 1));
    expect(written).toHaveLength(answers.length);
    expect(written).toMatchObject(expected);
  });

  test('is refused with an error of its own, and the provider sees nothing', async () => {
    const { exec, replay } = await execWorld();
    const { stdout } = await exec(['--max-usd', '0.0000001'], [...command, 'text', 'stream']);
    for (const { error } of jsonLines(stdout)) {
      expect(error).toMatchObject({ ...refusal, message: expect.stringContaining('budget_exceeded') });
    }
    expect(jsonLines(stdout)).toHaveLength(2);
    expect(replay.requests).toHaveLength(0);
  });
});
