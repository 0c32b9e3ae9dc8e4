import { MAX_TOKENS_PER_CALL, type NanoUsd, parsedJson } from '@budget/core';
import type { BegunCall, CallTags, MeteredCall } from './metered-call.js';
import { keepFigures } from './raw-usage.js';

// Names come from requests and headers, which may hold anything.
const MAX_NAME_LENGTH = 200;

/** A line of `costs.jsonl`, with its end. Nothing in it is a text of a prompt or an answer. */
export function costLine(call: MeteredCall, runId: string): string {
  // A source without an amount, or an amount without a source, is not known.
  const isKnown = positive(call.costNanoUsd) !== null && call.costSource !== 'unknown';
  const head = { schema_version: 1, call_id: name(call.callId), run_id: runId, at: name(call.at) };
  return lineOf(head, tagFields(call), {
    provider: name(call.provider),
    model: name(call.model),
    response_model: name(call.responseModel),
    tier: name(call.tier),
    fine_tuned: call.fineTuned,
    attempt: count(call.attempt),
    status: call.status,
    prompt_tokens: count(call.promptTokens),
    cached_prompt_tokens: count(call.cachedPromptTokens),
    cache_write_tokens: count(call.cacheWriteTokens),
    completion_tokens: count(call.completionTokens),
    reasoning_tokens: count(call.reasoningTokens),
    cost_nano_usd: isKnown ? call.costNanoUsd : null,
    economic_cost_nano_usd: positive(call.economicCostNanoUsd),
    estimated_cost_nano_usd: positive(call.estimatedCostNanoUsd),
    cost_source: isKnown ? call.costSource : 'unknown',
    price_version: name(call.priceVersion),
    estimated: call.estimated,
    cache_hit: call.cacheHit,
    usage_missing: call.usageMissing,
    latency_ms: call.latencyMs,
    raw_usage: keepFigures(call.rawUsage),
    // The keys of a line are a contract, and nearly every call has a price for all of it.
    ...(call.unpricedParts?.length && { unpriced_parts: call.unpricedParts.map(name) }),
  });
}

/** `null` for a line that is not whole, or not one of ours. */
export function readCostLine(line: string): MeteredCall | null {
  const fields = fieldsOf(line);
  if (fields === null) return null;
  const status = oneOf(['completed', 'failed', 'cancelled', 'unknown'], fields['status']);
  const source = oneOf(['provider', 'rates', 'unknown'], fields['cost_source']);
  if (status === null || source === null) return null;
  const costNanoUsd = amount(fields['cost_nano_usd']);
  // Spreading would make it a slow object of very many fields, eight times over.
  return Object.assign(identityOf(fields), {
    responseModel: text(fields['response_model']),
    tier: text(fields['tier']),
    status,
    promptTokens: count(fields['prompt_tokens']),
    cachedPromptTokens: count(fields['cached_prompt_tokens']),
    cacheWriteTokens: count(fields['cache_write_tokens']),
    completionTokens: count(fields['completion_tokens']),
    reasoningTokens: count(fields['reasoning_tokens']),
    costNanoUsd,
    economicCostNanoUsd: amount(fields['economic_cost_nano_usd']),
    costSource: costNanoUsd === null ? 'unknown' : source,
    priceVersion: text(fields['price_version']),
    unpricedParts: texts(fields['unpriced_parts']),
    estimated: fields['estimated'] === true,
    cacheHit: oneOf(['none', 'local', 'provider'], fields['cache_hit']) ?? 'none',
    usageMissing: fields['usage_missing'] === true,
    latencyMs: finite(fields['latency_ms']),
    rawUsage: fields['raw_usage'] ?? null,
  });
}

/** A line of `open-calls.jsonl`, with its end. */
export function begunLine(call: BegunCall): string {
  const head = { schema_version: 1, call_id: name(call.callId), at: name(call.at) };
  return lineOf(head, tagFields(call), {
    provider: name(call.provider),
    model: name(call.model),
    fine_tuned: call.fineTuned,
    attempt: count(call.attempt),
    estimated_cost_nano_usd: positive(call.estimatedCostNanoUsd),
    prompt_tokens_bound: call.promptTokensBound,
  });
}

/** As `readCostLine`. */
export function readBegunLine(line: string): BegunCall | null {
  const fields = fieldsOf(line);
  return fields && { ...identityOf(fields), promptTokensBound: finite(fields['prompt_tokens_bound']) };
}

type Identity = Omit<BegunCall, 'promptTokensBound'>;

function identityOf(fields: Readonly<Record<string, unknown>>): Identity {
  return {
    callId: text(fields['call_id']) ?? '',
    at: text(fields['at']) ?? '',
    phase: oneOf(['train', 'infer'], fields['phase']),
    role: oneOf(['student', 'teacher'], fields['role']),
    workflowId: text(fields['workflow_id']) ?? '',
    stageId: text(fields['stage_id']) ?? '',
    task: text(fields['task']),
    threadId: text(fields['thread_id']),
    agentId: text(fields['agent_id']),
    provider: text(fields['provider']) ?? '',
    model: text(fields['model']) ?? '',
    fineTuned: fields['fine_tuned'] === true,
    attempt: count(fields['attempt']),
    estimatedCostNanoUsd: amount(fields['estimated_cost_nano_usd']),
  };
}

function tagFields(tags: CallTags): Record<string, unknown> {
  return {
    phase: tags.phase,
    role: tags.role,
    workflow_id: name(tags.workflowId),
    stage_id: name(tags.stageId),
    task: name(tags.task),
    thread_id: name(tags.threadId),
    agent_id: name(tags.agentId),
  };
}

function lineOf(...parts: readonly Readonly<Record<string, unknown>>[]): string {
  // Readers in other languages lose digits of a number past 2^53: there it is text.
  const exactly = (_: string, value: unknown): unknown => {
    if (typeof value !== 'bigint') return value;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };
  return `${JSON.stringify(Object.assign({}, ...parts), exactly)}\n`;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  const fields = parsedJson(line);
  if (typeof fields !== 'object' || fields === null) return null;
  const { schema_version, call_id } = fields as Readonly<Record<string, unknown>>;
  return schema_version === 1 && text(call_id) !== null ? (fields as Readonly<Record<string, unknown>>) : null;
}

function name(value: string | null): string | null {
  // A character that is cut in two halves is none: through a buffer it becomes one that can be written everywhere.
  return value === null ? null : Buffer.from(value.slice(0, MAX_NAME_LENGTH), 'utf8').toString('utf8');
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Nearly every line has none. */
function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => text(each) !== null) : [];
}

/** A count that makes no sense is none: of a call that was paid for, its line is kept all the same. */
function count(value: unknown): number {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TOKENS_PER_CALL;
  return isCount ? (value as number) : 0;
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

function amount(value: unknown): NanoUsd | null {
  if (Number.isSafeInteger(value)) return positive(BigInt(value as number));
  return typeof value === 'string' && /^\d{1,40}$/.test(value) ? BigInt(value) : null;
}

/** No call gives money back: a negative amount is a fault, and what it should have been is not known. */
function positive(value: NanoUsd | null): NanoUsd | null {
  return value === null || value < 0n ? null : value;
}

function oneOf<Word extends string>(words: readonly Word[], value: unknown): Word | null {
  return words.find((word) => word === value) ?? null;
}
