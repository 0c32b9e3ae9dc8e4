#!/usr/bin/env node
// Writes examples/workspace: infospaces whose run records have the models and token counts of recorded responses.
//
//   node examples/make-workspace.mjs            write the workspace
//   node examples/make-workspace.mjs --check    say whether the files on disk are what would be written
//
// The recordings are read from $BUDGET_TEST_DATA (default ../shared/data beside the repository), the prices of the plans
// from @budget/infospace, which must have been built, and from the workspace's own table. The same input gives the same
// bytes.
// README.md in the workspace is written by hand and left alone.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const workspace = join(repository, 'examples', 'workspace');
const testData = resolve(repository, process.env.BUDGET_TEST_DATA || '../shared/data');
const checkOnly = process.argv.includes('--check');

// ---------------------------------------------------------------------------------------------------------------------
// Recorded responses

const recordings = new Map();
for (const line of readGzippedLines(join(testData, 'provider-responses.jsonl.gz'))) {
  const recording = JSON.parse(line);
  recordings.set(recording.id, recording);
}

const providerByHost = {
  'api.anthropic.com': 'anthropic',
  'api.cohere.com': 'cohere',
  'api.groq.com': 'groq',
  'api.mistral.ai': 'mistral',
  'api.openai.com': 'openai',
  'bedrock-runtime.us-east-1.amazonaws.com': 'bedrock',
  'generativelanguage.googleapis.com': 'google',
  'openrouter.ai': 'openrouter',
};

const usedSources = new Set();

function recordingOf(source) {
  const recording = recordings.get(source);
  if (!recording) throw new Error(`no recording named ${source}`);
  if (usedSources.has(source)) throw new Error(`recording used twice: ${source}`);
  usedSources.add(source);
  return recording;
}

/** The model as the request named it: in the body, or in the path (Google, Bedrock). */
function requestedModel(recording) {
  if (recording.request_model) return recording.request_model;
  const inPath = /\/models?\/([^/:]+)/.exec(recording.path);
  if (!inPath) throw new Error(`no model in ${recording.id}`);
  return decodeURIComponent(inPath[1]);
}

/** The documents of a response: itself, or the data of each event of a stream. */
function documentsOf(recording) {
  if (typeof recording.response !== 'string') return [recording.response];
  return recording.response
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)));
}

/** The last usage object of the response, exactly as the provider wrote it, or null. */
function usageOf(recording) {
  let usage = null;
  for (const document of documentsOf(recording)) {
    usage = document.usage ?? document.response?.usage ?? document.usageMetadata ?? usage;
  }
  return usage;
}

function respondedModel(recording) {
  const model = documentsOf(recording).find((document) => document.model)?.model;
  if (!model) throw new Error(`the response names no model: ${recording.id}`);
  return model;
}

/** An OpenAI usage object in the shape of the AI SDK. */
function aiSdkUsage(usage) {
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    totalTokens: usage.total_tokens,
    reasoningTokens: usage.output_tokens_details.reasoning_tokens,
    cachedInputTokens: usage.input_tokens_details.cached_tokens,
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Stages of run records

/** A call, from a recording; `extra` goes into the metadata before the source. */
function call(stageId, source, extra = {}) {
  const recording = recordingOf(source);
  return {
    stage_id: stageId,
    provider: providerByHost[recording.host],
    metadata: { model: requestedModel(recording), ...extra, source, usage: usageOf(recording) },
  };
}

/** A call whose record keeps the model as the response names it. */
function callAsAnswered(stageId, source, extra = {}) {
  const stage = call(stageId, source, extra);
  stage.metadata.model = respondedModel(recordings.get(source));
  return stage;
}

/** A call recorded by a program that uses the AI SDK: the same numbers under the names of that SDK. */
function aiSdkCall(stageId, source, extra = {}) {
  const stage = call(stageId, source, extra);
  const { usage, ...metadata } = stage.metadata;
  stage.metadata = { ...metadata, usage_converted_to: 'ai-sdk', usage: aiSdkUsage(usage) };
  return stage;
}

/** A call that failed half-way: the stream ended in an error, and no usage came. */
function failedCall(stageId, source, error) {
  const stage = call(stageId, source, { error });
  return { stage_id: stageId, provider: stage.provider, status: 'failed', metadata: stage.metadata };
}

/** A replayed answer that costs nothing. */
function fixture(stageId, source) {
  const recording = recordingOf(source);
  return {
    stage_id: stageId,
    provider: 'fixture',
    metadata: { model: 'fixture/replay', replays: requestedModel(recording), source, usage: usageOf(recording) },
  };
}

/** Work without a model: no provider, so not a call. */
function local(stageId, metadata) {
  return { stage_id: stageId, provider: null, metadata };
}

function record(runId, workflowId, status, startedAt, completedAt, stages) {
  return { run_id: runId, workflow_id: workflowId, status, started_at: startedAt, completed_at: completedAt, stages };
}

// ---------------------------------------------------------------------------------------------------------------------
// Plans

/**
 * Everything a plan summary can say, with the cost at today's prices of each model.
 * A planned row is [workflow, stage, provider, model, calls, prompt tokens a call, completion tokens a call].
 */
function planByModel({ planned: rows, ...rest }) {
  const planned = rows.map(([workflow, stage, provider, model, calls, prompt, completion]) => {
    return { workflow, stage, provider, model, calls, prompt, completion };
  });
  const perStage = planned.map(({ workflow, stage, calls, prompt, completion }) => ({
    workflow_id: workflow,
    stage_id: stage,
    calls,
    prompt_tokens: calls * prompt,
    completion_tokens: calls * completion,
  }));
  const models = sumBy(
    planned,
    (row) => `${row.provider} ${row.model}`,
    (row) => ({ provider: row.provider, model: row.model }),
  );
  const perWorkflow = sumBy(
    planned,
    (row) => row.workflow,
    (row) => ({ workflow_id: row.workflow }),
  );
  const costInPicoUsd = models.reduce(
    (sum, row) =>
      sum +
      BigInt(row.prompt_tokens) * picoUsdPerToken(row.model, 'prompt_per_1k') +
      BigInt(row.completion_tokens) * picoUsdPerToken(row.model, 'completion_per_1k'),
    0n,
  );
  return planSummary({
    ...rest,
    perWorkflow: perWorkflow.map((row) => ({
      workflow_id: row.workflow_id,
      calls: row.calls,
      prompt_tokens_estimate: row.prompt_tokens,
      prompt_words_estimate: wordsOf(row.prompt_tokens),
    })),
    calls: total(perStage, 'calls'),
    promptTokens: total(perStage, 'prompt_tokens'),
    microUsd: roundedHalfEven(costInPicoUsd, 1_000_000n),
    costPer1k: null,
    extras: { total_completion_tokens_estimate: total(perStage, 'completion_tokens'), models, per_stage: perStage },
  });
}

/** The older kind of plan: one price for every thousand prompt tokens, whatever the model. */
function planByFlatPrice({ planned, costPer1k, ...rest }) {
  const perWorkflow = planned.map(({ workflow, calls, prompt }) => ({
    workflow_id: workflow,
    calls,
    prompt_tokens_estimate: calls * prompt,
    prompt_words_estimate: wordsOf(calls * prompt),
  }));
  const promptTokens = total(perWorkflow, 'prompt_tokens_estimate');
  return planSummary({
    ...rest,
    perWorkflow,
    calls: total(perWorkflow, 'calls'),
    promptTokens,
    microUsd: roundedHalfEven(BigInt(promptTokens) * scaled(costPer1k, 9), 1_000_000n),
    costPer1k: Number(costPer1k),
    extras: {},
  });
}

function planSummary(plan) {
  return {
    stage: plan.stage,
    chapter_filter: plan.chapterFilter ?? null,
    chunk_filter: plan.chunkFilter ?? null,
    from_chapter: plan.fromChapter ?? null,
    to_chapter: plan.toChapter ?? null,
    selected_chunk_count: plan.chunkIds.length,
    selected_chunk_ids: plan.chunkIds,
    selected_chapter_numbers: plan.chapters,
    per_workflow: plan.perWorkflow,
    total_provider_calls_estimate: plan.calls,
    total_prompt_tokens_estimate: plan.promptTokens,
    total_prompt_words_estimate: total(plan.perWorkflow, 'prompt_words_estimate'),
    estimated_cost_usd: Number(plan.microUsd) / 1_000_000,
    cost_per_1k_tokens: plan.costPer1k,
    max_calls: plan.maxCalls ?? null,
    cost_cap: plan.costCap ?? null,
    exceeds_max_calls: plan.maxCalls !== undefined && plan.calls > plan.maxCalls,
    exceeds_cost_cap: plan.costCap !== undefined && Number(plan.microUsd) > plan.costCap * 1_000_000,
    ...plan.extras,
  };
}

function sumBy(planned, keyOf, identityOf) {
  const sums = new Map();
  for (const row of planned) {
    const key = keyOf(row);
    const sum = sums.get(key) ?? { ...identityOf(row), calls: 0, prompt_tokens: 0, completion_tokens: 0 };
    sum.calls += row.calls;
    sum.prompt_tokens += row.calls * row.prompt;
    sum.completion_tokens += row.calls * row.completion;
    sums.set(key, sum);
  }
  return [...sums.values()];
}

function total(rows, key) {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

/** A planner counts words; four tokens are about three of them. */
function wordsOf(promptTokens) {
  return Math.round(promptTokens * 0.75);
}

// ---------------------------------------------------------------------------------------------------------------------
// Prices

const workspaceRates = `# This workspace's own prices, which go before those of the package, model by model.
rates:
  # Negotiated for a year: 20 % below the list price.
  claude-sonnet-4-5:
    prompt_per_1k: 0.0024
    completion_per_1k: 0.012
    currency: USD
    source_url: https://example.com/contracts/anthropic-2026
    captured_at: "2026-10-01"
`;

const { bundledPrices } = await import('../packages/infospace/dist/pricing.js').catch(() => {
  throw new Error('Build first: npm test, or pnpm build in packages/infospace.');
});
const bundled = await bundledPrices();
const rates = ratesIn(workspaceRates);

/** Reads the two prices of each row of a rate table, in flow or in block style; no YAML parser is needed for that. */
function ratesIn(text) {
  const rows = new Map();
  let model;
  for (const line of text.split('\n')) {
    model = /^ {2}"?([^\s"#][^"]*?)"?:(?: \{|$)/.exec(line)?.[1] ?? model;
    for (const [, key, price] of line.matchAll(/\b(prompt_per_1k|completion_per_1k): ([0-9.]+)/g)) {
      rows.set(model, { ...rows.get(model), [key]: price });
    }
  }
  return rows;
}

function picoUsdPerToken(model, key) {
  const own = rates.get(model)?.[key];
  if (own !== undefined) return scaled(own, 9);
  const price = bundled.find('openrouter', model, PLANNED_MS) ?? bundled.find('', model, PLANNED_MS);
  const perMillion = price?.prices[key === 'prompt_per_1k' ? 'input' : 'output'];
  if (perMillion === undefined) throw new Error(`no ${key} for ${model}`);
  return perMillion / 1_000_000n;
}

/** The plans are of the autumn of 2026. */
const PLANNED_MS = Date.parse('2026-10-01');

/** A decimal string times 10^digits, exactly. */
function scaled(decimal, digits) {
  const [whole, fraction = ''] = decimal.split('.');
  if (fraction.length > digits) throw new Error(`too many decimals: ${decimal}`);
  return BigInt(whole + fraction.padEnd(digits, '0'));
}

function roundedHalfEven(amount, unit) {
  const quotient = amount / unit;
  const twice = (amount % unit) * 2n;
  return twice > unit || (twice === unit && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

// ---------------------------------------------------------------------------------------------------------------------
// YAML and JSON, as other tools write them

/** Block-style YAML, byte for byte what PyYAML's safe_dump(value, sort_keys=False) writes for such values. */
function yaml(value) {
  return `${yamlLines(value, '').join('\n')}\n`;
}

function yamlLines(value, indent) {
  return Object.entries(value).flatMap(([key, item]) => {
    const head = `${indent}${yamlString(key)}:`;
    if (isScalarOrEmpty(item)) return [`${head} ${yamlScalar(item)}`];
    if (!Array.isArray(item)) return [head, ...yamlLines(item, `${indent}  `)];
    return [head, ...item.flatMap((entry) => yamlListItem(entry, indent))];
  });
}

function yamlListItem(item, indent) {
  if (isScalarOrEmpty(item)) return [`${indent}- ${yamlScalar(item)}`];
  if (Array.isArray(item)) throw new Error('a list in a list is not needed here');
  const [first, ...others] = yamlLines(item, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...others];
}

function isScalarOrEmpty(value) {
  return value === null || typeof value !== 'object' || Object.keys(value).length === 0;
}

function yamlScalar(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object') return '{}';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return yamlNumber(value);
  return yamlString(value);
}

/** Python's shortest decimal, with the dot that YAML 1.1 wants before an exponent. */
function yamlNumber(number) {
  if (Number.isInteger(number)) return String(number);
  if (Math.abs(number) >= 1e-4) return String(number);
  const [digits, exponent] = number.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}e-${exponent.slice(1).padStart(2, '0')}`;
}

function yamlString(text) {
  if (/^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)) return text;
  if (/^\d{4}-\d\d-\d\d-\d{3}$/.test(text)) return text;
  if (/^[A-Za-z][A-Za-z0-9_./:\-[\]#(), ]*$/.test(text) && !/: | #|[: ]$/.test(text) && !isFolded(text)) return text;
  if (/^[\x20-\x7e]*$/.test(text)) return `'${text.replaceAll("'", "''")}'`;
  throw new Error(`not a string this writer knows how to quote: ${text}`);
}

/** PyYAML breaks a longer text at its spaces. */
function isFolded(text) {
  return text.includes(' ') && text.length > 60;
}

/** JSON as people keep it in a repository: maps in lines of their own, short lists of plain values in one line. */
function json(value) {
  return `${jsonValue(value, '')}\n`;
}

function jsonValue(value, indent) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object'))
      return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    return `[\n${value.map((item) => inner + jsonValue(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${jsonValue(item, inner)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

// ---------------------------------------------------------------------------------------------------------------------
// translate-handbook: every OpenRouter recording, most with the cost that OpenRouter reported

const cachePoint = (name) => `test_cache/test_openrouter_cache_${name}_e2e#0`;
const openRouter = (name) => `test_openrouter/test_openrouter_${name}`;

const handbookChunks = ['ch1-a', 'ch1-b', 'ch2-a', 'ch2-b', 'ch3-a', 'ch3-b', 'ch4-a', 'ch4-b'];

const translateHandbook = {
  records: [
    record('2026-10-05-001', 'glossary', 'completed', '2026-10-05T08:30:11Z', '2026-10-05T08:31:02Z', [
      call('collect-terms', openRouter('web_search_tool_usage#0')),
      call('look-up', openRouter('web_search_annotations#0')),
      call('look-up', openRouter('web_search_annotations_stream#0')),
      call('merge', openRouter('with_preset#0')),
    ]),
    record('2026-10-05-002', 'translate', 'completed', '2026-10-05T08:40:00Z', '2026-10-05T08:43:26Z', [
      call('title', cachePoint('instructions_no_instructions'), { chapter: 1 }),
      call('draft', cachePoint('instructions_system_prompt'), { chapter: 1, chunk_id: 'ch1-a' }),
      call('draft', cachePoint('tool_definitions'), { chapter: 1, chunk_id: 'ch1-b' }),
      call('review', 'test_cache/test_openrouter_cache_instructions_gemini_real_api#0', {
        chapter: 1,
        chunk_id: 'ch1-a',
      }),
      call('review', 'test_cache/test_openrouter_cache_instructions_gemini_real_api#1', {
        chapter: 1,
        chunk_id: 'ch1-b',
      }),
      call('polish', 'test_openrouter/test_eager_input_streaming_sent_to_openrouter[anthropic-disabled]#0', {
        chapter: 1,
      }),
    ]),
    record('2026-10-06-001', 'translate', 'completed', '2026-10-06T07:58:40Z', '2026-10-06T08:01:13Z', [
      call('draft', cachePoint('point_multiple_markers'), { chapter: 2, chunk_id: 'ch2-a' }),
      call('draft', cachePoint('point_image'), { chapter: 2, chunk_id: 'ch2-b' }),
      call('review', cachePoint('point_gemini'), { chapter: 2, chunk_id: 'ch2-a' }),
      call('review', openRouter('binary_content_video_public_api#0'), { chapter: 2, chunk_id: 'ch2-b' }),
      call('polish', openRouter('streaming_reasoning#0'), { chapter: 2 }),
    ]),
    record('2026-10-06-002', 'translate', 'completed', '2026-10-06T08:05:02Z', '2026-10-06T08:08:47Z', [
      call('draft', cachePoint('point_anthropic'), { chapter: 3, chunk_id: 'ch3-a' }),
      call('draft', cachePoint('streaming'), { chapter: 3, chunk_id: 'ch3-b' }),
      call('review', cachePoint('tool_definitions_gemini'), { chapter: 3, chunk_id: 'ch3-a' }),
      call('polish', openRouter('tool_optional_parameters#0'), { chapter: 3 }),
    ]),
    record('2026-10-07-001', 'translate', 'completed', '2026-10-07T08:12:19Z', '2026-10-07T08:13:50Z', [
      call('draft', cachePoint('messages_preserves_cachepoint'), { chapter: 4, chunk_id: 'ch4-a' }),
      call('draft', cachePoint('messages'), { chapter: 4, chunk_id: 'ch4-b' }),
      call('polish', openRouter('thinking_false_supports_thinking_model#0'), { chapter: 4 }),
    ]),
    record('2026-10-07-002', 'check', 'completed', '2026-10-07T09:00:00Z', '2026-10-07T09:02:44Z', [
      call('back-translate', 'test_openrouter/test_eager_input_streaming_sent_to_openrouter[non-anthropic-enabled]#0'),
      call('back-translate', cachePoint('point_unsupported_provider')),
      call('compare', openRouter('preserve_reasoning_block#1')),
      call('compare', openRouter('map_messages_reasoning#0')),
      call('verdict', openRouter('thinking_false_profile_gated_model#0')),
    ]),
    record('2026-10-08-001', 'check', 'completed', '2026-10-08T10:15:30Z', '2026-10-08T10:16:58Z', [
      call('terms', openRouter('preserve_reasoning_block#0')),
      call('names', 'test_openai_responses/test_openai_responses_raw_cot_stream_openrouter#0'),
      call('tone', openRouter('with_google_model#0')),
      callAsAnswered('tone-second-opinion', openRouter('with_native_options#0')),
    ]),
  ],
  plans: {
    '01-first-pass': planByFlatPrice({
      stage: 'all',
      fromChapter: 1,
      toChapter: 4,
      chunkIds: handbookChunks,
      chapters: [1, 2, 3, 4],
      planned: [
        { workflow: 'glossary', calls: 6, prompt: 2400 },
        { workflow: 'translate', calls: 20, prompt: 480 },
      ],
      costPer1k: '0.003',
      maxCalls: 40,
      costCap: 0.06,
    }),
    '02-all-chapters': planByModel({
      stage: 'all',
      fromChapter: 1,
      toChapter: 4,
      chunkIds: handbookChunks,
      chapters: [1, 2, 3, 4],
      planned: [
        ['glossary', 'collect-terms', 'openrouter', 'openai/gpt-4.1-mini', 1, 9500, 120],
        ['glossary', 'look-up', 'openrouter', 'deepseek/deepseek-chat', 4, 2600, 90],
        ['glossary', 'merge', 'openrouter', 'google/gemini-2.5-flash-lite', 1, 60, 40],
        ['translate', 'title', 'openrouter', 'anthropic/claude-sonnet-4.6', 4, 20, 10],
        ['translate', 'draft', 'openrouter', 'anthropic/claude-sonnet-4.6', 8, 340, 60],
        ['translate', 'review', 'openrouter', 'google/gemini-2.5-flash', 8, 700, 60],
        ['translate', 'polish', 'openrouter', 'anthropic/claude-sonnet-4.5', 4, 420, 90],
        ['check', 'back-translate', 'openrouter', 'openai/gpt-5-mini', 2, 60, 150],
        ['check', 'compare', 'openrouter', 'openai/gpt-5-mini', 2, 50, 900],
        ['check', 'verdict', 'openrouter', 'z-ai/glm-4.6', 1, 30, 10],
        ['check', 'terms', 'openrouter', 'openai/gpt-5-mini', 1, 15, 30],
        ['check', 'names', 'openrouter', 'openai/gpt-oss-20b', 1, 100, 40],
        ['check', 'tone', 'openrouter', 'google/gemini-2.0-flash-exp:free', 1, 20, 20],
      ],
      maxCalls: 40,
      costCap: 0.06,
    }),
  },
  settings: `schema_version: 1
workspace: examples
budget:
  max_usd: 0.1
  warn_usd: 0.08
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// support-triage: several providers, and everything that can be wrong with a record

const toolSearch = (number) => `test_tool_search/test_tool_search_eval[openai-chat]#${number}`;
const toolChoice = (name) => `test_tool_choice_matrix/test_tool_choice_matrix[${name}]`;
const toolReturn = (name) => `test_multimodal_tool_returns/test_multimodal_tool_return_matrix[${name}]`;

const supportTriage = {
  records: [
    record('2026-10-12-001', 'classify', 'completed', '2026-10-12T06:00:03Z', '2026-10-12T06:00:19Z', [
      call('language', `${toolChoice('auto-cohere')}#0`),
      call('intent', `${toolChoice('auto-groq')}#0`),
      call('urgency', 'test_openai/test_openai_prompted_output_multiple#0'),
      local('merge-duplicates', { rule: 'same sender and subject within a day' }),
    ]),
    record('2026-10-12-002', 'answer', 'completed', '2026-10-12T06:01:00Z', '2026-10-12T06:01:52Z', [
      local('retrieve', { index: 'help-articles' }),
      call('draft', 'test_temporal/test_mcptoolset_in_temporal_workflow#8'),
      callAsAnswered('draft', 'test_openai/test_yaml_document_url_input#1'),
      call('tone', `${toolReturn('tool_return_content-url_force_download-document-mistral')}#2`),
      // The gateway of this stage drops the usage.
      { stage_id: 'translate', provider: 'mistral', metadata: { model: 'mistral-medium-latest' } },
    ]),
    record('2026-10-13-001', 'classify', 'completed', '2026-10-13T06:00:02Z', '2026-10-13T06:00:31Z', [
      call('language', `${toolChoice('none_with_output-cohere')}#0`),
      call('intent', `${toolChoice('auto-groq')}#1`),
      call('screenshot', `${toolReturn('tool_return_content-url-image-groq')}#0`),
      call('screenshot', 'test_bedrock/test_image_as_binary_content_input#0'),
      call('urgency', 'test_openai/test_openai_prompted_output_multiple#1'),
    ]),
    record('2026-10-13-002', 'escalate', 'failed', '2026-10-13T06:02:10Z', '2026-10-13T06:02:21Z', [
      call('gather', 'test_groq/test_groq_web_search_tool_domain_filters#0'),
      failedCall('route', 'test_groq/test_tool_use_failed_error_streaming_with_text#0', 'tool_use_failed'),
      local('notify', { skipped: true }),
    ]),
    record('2026-10-14-001', 'answer', 'completed', '2026-10-14T06:01:00Z', '2026-10-14T06:01:47Z', [
      local('retrieve', { index: 'help-articles' }),
      call('draft', 'test_settings/test_stop_settings[openai]#0'),
      call('draft', 'test_openai/test_image_as_binary_content_input#0'),
      call('tone', `${toolReturn('direct-url_force_download-document-mistral')}#2`),
      // A call of which nothing is known but that it was made.
      { stage_id: 'sign-off', provider: 'openai' },
    ]),
    record('2026-10-16-001', 'weekly-digest', 'completed', '2026-10-16T15:00:00Z', '2026-10-16T15:01:15Z', [
      call('collect', toolSearch(0)),
      call('collect', toolSearch(1)),
      call('collect', toolSearch(2)),
      call('collect', toolSearch(3)),
      call('group', 'test_bedrock/test_bedrock_model_retry#0'),
      call('group', 'test_bedrock/test_bedrock_model_retry#1'),
      // Nonsense on purpose: no provider sends that.
      {
        stage_id: 'headline',
        provider: 'mistral',
        metadata: { model: 'mistral-medium-latest', usage: { prompt_tokens: -64, completion_tokens: 'n/a' } },
      },
    ]),
  ],
  plans: {
    'one-week': planByFlatPrice({
      stage: 'all',
      chunkFilter: '2026-w42',
      chunkIds: ['mon', 'tue', 'wed', 'thu', 'fri'],
      chapters: [],
      planned: [
        { workflow: 'classify', calls: 10, prompt: 600 },
        { workflow: 'answer', calls: 10, prompt: 1100 },
        { workflow: 'escalate', calls: 2, prompt: 2000 },
        { workflow: 'weekly-digest', calls: 6, prompt: 500 },
      ],
      costPer1k: '0.0015',
      maxCalls: 30,
    }),
  },
};

// ---------------------------------------------------------------------------------------------------------------------
// research-notes: prompt caches and thinking tokens; one workflow was interrupted, and its resumed record lies beside

const anthropic = (name) => `test_anthropic/test_anthropic_${name}`;
const openAiResponses = (name) => `test_openai_responses/test_openai_responses_${name}`;

const interruptedStages = [
  call('questions', 'test_anthropic/test_multiple_parallel_tool_calls#0'),
  call('search', 'test_anthropic/test_pause_turn_web_search_vcr#0'),
];

const researchNotes = {
  records: [
    record('2026-10-20-001', 'survey', 'completed', '2026-10-20T12:00:00Z', '2026-10-20T12:03:38Z', [
      call('search', 'test_unpaired_native_tool_calls/test_in_flight_native_tool_call_history_is_accepted#0'),
      call('search', openAiResponses('model_builtin_tools_web_search#0')),
      call('watch', 'test_google/test_google_model_youtube_video_url_input#0'),
      call('outline', 'test_google/test_google_model_thinking_part#0'),
      call('outline', 'test_google/test_google_model_thinking_part#1'),
    ]),
    record('2026-10-20-002', 'deep-read', 'completed', '2026-10-20T12:10:00Z', '2026-10-20T12:12:25Z', [
      call('load-paper', 'test_anthropic_mid_conversation_system/test_inline_system_prompt_cache_prefix_is_reused#0'),
      call('ask-paper', 'test_anthropic_mid_conversation_system/test_inline_system_prompt_cache_prefix_is_reused#1'),
      call('ask-handout', 'test_cache/test_google_model_cached_content#1'),
      call('ask-handout', 'test_cache/test_google_model_cached_content#2'),
      call(
        'tables',
        'test_code_execution_files_vcr/test_anthropic_code_execution_files_cache_prefix_stable[messages-sonnet-5]#1',
      ),
      call(
        'tables',
        'test_code_execution_files_vcr/test_anthropic_code_execution_files_cache_prefix_stable[messages-sonnet-5]#2',
      ),
      call('summary', anthropic('cache_real_api#0')),
      call('summary', anthropic('cache_real_api#1')),
    ]),
    record('2026-10-21-001', 'web-survey', 'interrupted', '2026-10-21T09:00:00Z', null, interruptedStages),
    record('2026-10-22-001', 'write', 'completed', '2026-10-22T13:30:00Z', '2026-10-22T13:36:09Z', [
      call('draft', openAiResponses('thinking_part_from_other_model#1')),
      call('figures', openAiResponses('code_execution_return_image#0')),
      call('figures', openAiResponses('code_execution_return_image#1')),
      callAsAnswered('proof', 'test_anthropic/test_multiple_parallel_tool_calls#1'),
      call('abstract', 'test_google/test_google_prompted_output_with_tools#0'),
    ]),
  ],
  resumed: [
    record('2026-10-21-001', 'web-survey', 'completed', '2026-10-21T09:00:00Z', '2026-10-21T16:20:41Z', [
      ...interruptedStages,
      call('search', 'test_anthropic/test_pause_turn_web_search_vcr#1'),
      call('summarise', 'test_google/test_google_model_thinking_part_from_other_model#1'),
      call('draft', 'test_cache_prefix_stability/test_anthropic_thinking_roundtrip_wire_stable[vercel]#0'),
    ]),
  ],
  plans: {
    'reading-list': planByModel({
      stage: 'all',
      chapterFilter: 'caching',
      chunkIds: ['paper-1', 'paper-2', 'handout', 'lecture'],
      chapters: [1, 2],
      planned: [
        ['survey', 'search', 'openai', 'gpt-5', 2, 45000, 1500],
        ['survey', 'watch', 'google', 'gemini-2.5-flash', 1, 16000, 900],
        ['survey', 'outline', 'google', 'gemini-3-pro-preview', 2, 800, 1500],
        ['deep-read', 'load-paper', 'anthropic', 'claude-opus-4-8', 1, 2000, 10],
        ['deep-read', 'ask-paper', 'anthropic', 'claude-opus-4-8', 2, 2000, 60],
        ['deep-read', 'ask-handout', 'google', 'gemini-2.5-flash', 2, 3600, 80],
        ['deep-read', 'tables', 'anthropic', 'claude-sonnet-5', 2, 15000, 400],
        ['deep-read', 'summary', 'anthropic', 'claude-sonnet-4-5', 2, 1200, 300],
        ['web-survey', 'questions', 'anthropic', 'claude-haiku-4-5', 1, 500, 150],
        ['web-survey', 'search', 'anthropic', 'claude-sonnet-4-5', 2, 180000, 1200],
        ['web-survey', 'summarise', 'google', 'gemini-2.5-pro', 1, 1500, 2000],
        ['web-survey', 'draft', 'anthropic', 'claude-sonnet-4-5', 1, 400, 300],
        ['write', 'draft', 'openai', 'gpt-5', 1, 500, 2500],
        ['write', 'figures', 'openai', 'gpt-5', 3, 3000, 1200],
        ['write', 'proof', 'anthropic', 'claude-haiku-4-5', 1, 900, 100],
        ['write', 'abstract', 'google', 'gemini-2.5-pro', 1, 200, 300],
      ],
      maxCalls: 50,
      costCap: 2,
    }),
  },
  settings: `schema_version: 1
workspace: examples
budget:
  max_usd: 2
  warn_usd: 1
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// course-quiz: a program that uses the AI SDK

const courseQuiz = {
  records: [
    record('2026-11-02-001', 'make-quiz', 'completed', '2026-11-02T18:00:00Z', '2026-11-02T18:00:49Z', [
      aiSdkCall('read', `${toolReturn('tool_return_content-url-document-openai_responses')}#1`, { chapter: 1 }),
      aiSdkCall('questions', `${toolChoice('none_with_output-openai_responses')}#0`, { chapter: 1 }),
      aiSdkCall('distractors', openAiResponses('history_with_combined_tool_call_id#0'), { chapter: 1 }),
    ]),
    record('2026-11-02-002', 'make-quiz', 'completed', '2026-11-02T18:01:00Z', '2026-11-02T18:02:04Z', [
      aiSdkCall('read', 'test_multimodal_tool_returns/test_mixed_content_ordering[openai_responses]#1', { chapter: 2 }),
      aiSdkCall('questions', `${toolReturn('direct-binary-image-openai_responses')}#1`, { chapter: 2 }),
      aiSdkCall('questions', `${toolReturn('direct-uploaded_file-image-openai_responses')}#1`, { chapter: 2 }),
      aiSdkCall('distractors', openAiResponses('image_generation_with_tools#0'), { chapter: 2 }),
    ]),
    record('2026-11-03-001', 'grade', 'completed', '2026-11-03T19:30:00Z', '2026-11-03T19:31:22Z', [
      aiSdkCall('fetch-sources', openAiResponses('model_web_search_tool_with_invalid_region#0')),
      aiSdkCall('mark', 'test_openai_responses/test_openai_previous_response_id_seed_auto_chains_through_retries#2'),
      aiSdkCall('mark', 'test_openai_responses/test_openai_previous_response_id_seed_auto_chains_through_retries#3'),
      aiSdkCall('feedback', `${toolReturn('direct-url-image-openai_responses')}#1`),
    ]),
  ],
  plans: {
    'two-chapters': planByModel({
      stage: 'all',
      toChapter: 2,
      chunkIds: ['ch1', 'ch2'],
      chapters: [1, 2],
      planned: [
        ['make-quiz', 'read', 'openai', 'gpt-5-mini', 2, 900, 700],
        ['make-quiz', 'questions', 'openai', 'gpt-5-mini', 4, 450, 600],
        ['make-quiz', 'distractors', 'openai', 'gpt-5', 2, 300, 800],
        ['grade', 'fetch-sources', 'openai', 'gpt-5', 1, 12000, 1500],
        ['grade', 'mark', 'openai', 'gpt-4.1', 2, 150, 20],
        ['grade', 'feedback', 'openai', 'gpt-5-mini', 2, 300, 450],
      ],
      costCap: 0.1,
    }),
  },
  settings: `schema_version: 1
workspace: examples
budget:
  max_usd: 0.1
  warn_usd: 0.03
`,
};

// ---------------------------------------------------------------------------------------------------------------------
// fixture-demo: replayed answers only, and no plan

const fixtureDemo = {
  records: [
    record('demo-001', 'summarise', 'completed', '2026-11-10T08:00:00Z', '2026-11-10T08:00:01Z', [
      fixture('draft', 'test_dbos/test_dbos_agent_with_hitl_tool_sync#0'),
      fixture('review', 'test_dbos/test_dbos_agent_with_hitl_tool_sync#1'),
    ]),
    record('demo-002', 'extract', 'completed', '2026-11-10T08:00:02Z', '2026-11-10T08:00:03Z', [
      fixture('fields', 'test_prefect/test_prefect_agent_with_model_retry#0'),
      fixture('fields', 'test_prefect/test_prefect_agent_with_model_retry#1'),
      fixture('fields', 'test_prefect/test_prefect_agent_with_model_retry#2'),
    ]),
    record('demo-003', 'summarise', 'completed', '2026-11-10T08:00:04Z', '2026-11-10T08:00:05Z', [
      fixture('draft', 'test_openai/test_openai_native_output#0'),
      // A fixture that was made by hand has no usage.
      { stage_id: 'review', provider: 'fixture', metadata: { model: 'fixture/replay', usage: null } },
    ]),
  ],
  plans: {},
  settings: `schema_version: 1
workspace: examples
models:
  - name: replay
    provider: fixture
    model: fixture/replay
    free: true
`,
};

// ---------------------------------------------------------------------------------------------------------------------

const infospaces = {
  'course-quiz': courseQuiz,
  'fixture-demo': fixtureDemo,
  'research-notes': researchNotes,
  'support-triage': supportTriage,
  'translate-handbook': translateHandbook,
};

const files = new Map([['model-rates.yaml', workspaceRates]]);
for (const [slug, infospace] of Object.entries(infospaces)) {
  const root = `infospaces/${slug}`;
  for (const run of infospace.records) files.set(`${root}/output/workflows/runs/${run.run_id}.yaml`, yaml(run));
  for (const run of infospace.resumed ?? []) files.set(`${root}/resumed/${run.run_id}.yaml`, yaml(run));
  for (const [name, plan] of Object.entries(infospace.plans)) files.set(`${root}/plans/${name}.json`, json(plan));
  if (infospace.settings) files.set(`${root}/budget.yaml`, infospace.settings);
}

if (checkOnly) {
  const wrong = [...files].filter(([path, text]) => textOrNull(join(workspace, path)) !== text).map(([path]) => path);
  for (const path of wrong) console.error(`differs: ${path}`);
  console.log(
    wrong.length === 0
      ? `${files.size} files are as they should be.`
      : `${wrong.length} of ${files.size} files differ.`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
} else {
  removeStaleFiles();
  for (const [path, text] of files) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  console.log(`${files.size} files written to ${relative(process.cwd(), workspace) || '.'}.`);
}

/** Removes what an earlier version of this program wrote and this one does not; what a budget tool wrote stays. */
function removeStaleFiles() {
  for (const path of filesBelow(workspace)) {
    const mine = /^infospaces\/[^/]+\/(output\/workflows\/runs|resumed|plans)\//.test(path);
    if (mine && !files.has(path)) rmSync(join(workspace, path));
  }
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'));
}

function textOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function readGzippedLines(path) {
  try {
    return gunzipSync(readFileSync(path)).toString('utf8').split('\n').filter(Boolean);
  } catch (error) {
    console.error(
      `The recordings could not be read: ${error.message}\nSet BUDGET_TEST_DATA to the directory with provider-responses.jsonl.gz.`,
    );
    process.exit(1);
  }
}
