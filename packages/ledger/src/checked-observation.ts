import { instantMs, MAX_TOKENS_PER_CALL } from '@budget/core';
import { MAX_AMOUNT } from './amounts.js';
import { InvalidFieldError } from './invalid-field-error.js';
import { type KeptObservation, MILLION } from './kept-observation.js';
import { MAX_LATENCY_MS } from './latency-histogram.js';
import type { Observation } from './observation.js';
import { shown } from './shown.js';

/** What somebody says of how good an observed call was. */
export interface Judgement {
  readonly observationId: string;
  /** 0 to 1. */
  readonly quality: number;
  /** Who says so: `tests`, `user`, `model:…`. Each says it once. */
  readonly source: string;
}

/** A judgement as stores take it. */
export interface KeptJudgement {
  readonly observationId: string;
  readonly qualityMillionths: number;
  readonly source: string;
}

/** The source of a quality that comes with the call, where none is named. */
const OBSERVED = 'observed';
const MAX_NAME_LENGTH = 500;
/** In UTF-8. Of three names in one key of a roll-up, which PostgreSQL keeps up to 2,704 bytes long. */
const MAX_NAME_BYTES = 800;
const MAX_METADATA_BYTES = 4096;
const MAX_ATTEMPT = 1_000_000;
/** The year 9999. */
const MAX_AT_MS = 253_402_300_799_999;

/** @param where names the observation in an error, such as `observations[3]`. @throws CodedError `observation_invalid` */
export function checkedObservation(given: Observation, where = 'observation'): KeptObservation {
  const check = new FieldCheck(where);
  if (typeof given !== 'object' || given === null) throw check.invalid('', given, 'an object');
  const task = check.optionalName('task', given.task);
  const adapter = check.optionalName('adapter', given.adapter);
  if ((task === null) !== (adapter === null))
    throw check.invalid('.adapter', given.adapter, 'there with the task, or neither');
  const costNanoUsd = check.amount('costNanoUsd', given.costNanoUsd);
  const economic = check.amount('economicCostNanoUsd', given.economicCostNanoUsd);
  const qualityMillionths = given.quality === undefined ? null : check.quality('quality', given.quality);
  const promptTokens = check.count('promptTokens', given.promptTokens, MAX_TOKENS_PER_CALL);
  const latencyMs = check.latency('latencyMs', given.latencyMs);
  return {
    id: check.name('id', given.id),
    atMs: check.time('at', given.at),
    application: check.name('application', given.application),
    infospace: check.optionalName('infospace', given.infospace),
    runId: check.optionalName('runId', given.runId),
    organisationId: check.optionalName('organisationId', given.organisationId),
    task,
    adapter,
    provider: check.name('provider', given.provider),
    model: check.name('model', given.model),
    threadId: check.optionalName('threadId', given.threadId),
    agentId: check.optionalName('agentId', given.agentId),
    phase: check.oneOf('phase', given.phase, ['train', 'infer']),
    promptTokens,
    completionTokens: check.count('completionTokens', given.completionTokens, MAX_TOKENS_PER_CALL),
    cachedPromptTokens: check.count('cachedPromptTokens', given.cachedPromptTokens, MAX_TOKENS_PER_CALL),
    cacheWriteTokens: check.count('cacheWriteTokens', given.cacheWriteTokens, MAX_TOKENS_PER_CALL),
    reasoningTokens: check.count('reasoningTokens', given.reasoningTokens, MAX_TOKENS_PER_CALL),
    costNanoUsd,
    // Without a cache hit the two are the same; where nothing is known of one, nothing is of the other.
    economicCostNanoUsd: costNanoUsd === null ? null : (economic ?? costNanoUsd),
    estimatedCostNanoUsd: check.amount('estimatedCostNanoUsd', given.estimatedCostNanoUsd),
    costSource: check.oneOf('costSource', given.costSource, ['provider', 'rates', 'unknown']),
    cacheHit: check.oneOf('cacheHit', given.cacheHit, ['none', 'local', 'provider']),
    latencyMs,
    status: check.oneOf('status', given.status, ['completed', 'failed', 'cancelled']),
    attempt: check.count('attempt', given.attempt, MAX_ATTEMPT),
    qualityMillionths,
    qualitySource:
      qualityMillionths === null ? null : (check.optionalName('qualitySource', given.qualitySource) ?? OBSERVED),
    metadata: check.metadata('metadata', given.metadata),
  };
}

/** @throws CodedError `judgement_invalid` */
export function checkedJudgement(given: Judgement): KeptJudgement {
  const check = new FieldCheck('judgement');
  if (typeof given !== 'object' || given === null) throw check.invalid('', given, 'an object');
  return {
    observationId: check.name('observationId', given.observationId),
    qualityMillionths: check.quality('quality', given.quality),
    source: check.name('source', given.source),
  };
}

/** Each method gives the value as it is kept, or says which field is wrong and what it may be. */
class FieldCheck {
  readonly #where: string;

  constructor(where: string) {
    this.#where = where;
  }

  name(field: string, value: unknown): string {
    if (typeof value === 'string' && value !== '' && isShort(value) && isStorable(value)) return value;
    throw this.invalid(
      `.${field}`,
      value,
      `a text of 1 to ${MAX_NAME_LENGTH} characters, and of ${MAX_NAME_BYTES} bytes at most`,
    );
  }

  optionalName(field: string, value: unknown): string | null {
    return value === undefined || value === null ? null : this.name(field, value);
  }

  count(field: string, value: unknown, most: number): number {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
    throw this.invalid(`.${field}`, value, `a whole number from 0 to ${most}`);
  }

  latency(field: string, value: unknown): number | null {
    if (value === null || value === undefined) return null;
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0)
      return Math.min(Math.round(value), MAX_LATENCY_MS);
    throw this.invalid(`.${field}`, value, 'a number of milliseconds from 0 on, or null');
  }

  amount(field: string, value: unknown): bigint | null {
    if (value === null || value === undefined) return null;
    if (typeof value === 'bigint' && value >= 0n && value <= MAX_AMOUNT) return value;
    throw this.invalid(`.${field}`, value, `a bigint of nano-USD from 0 to ${MAX_AMOUNT}, or null`);
  }

  quality(field: string, value: unknown): number {
    if (typeof value === 'number' && value >= 0 && value <= 1) return Math.round(value * MILLION);
    throw this.invalid(`.${field}`, value, 'a number from 0 to 1');
  }

  time(field: string, value: unknown): number {
    const atMs = typeof value === 'string' ? instantMs(value) : null;
    if (atMs !== null && atMs >= 0 && atMs <= MAX_AT_MS) return atMs;
    throw this.invalid(`.${field}`, value, "a time such as '2026-11-22T01:49:58.082Z', with its offset");
  }

  oneOf<Value extends string>(field: string, value: unknown, values: readonly Value[]): Value {
    const found = values.find((each) => each === value);
    if (found !== undefined) return found;
    throw this.invalid(`.${field}`, value, `one of ${values.join(', ')}`);
  }

  metadata(field: string, value: unknown): string | null {
    if (value === undefined || value === null) return null;
    const isMap = typeof value === 'object' && !Array.isArray(value);
    const text = isMap ? jsonOf(value) : undefined;
    if (text !== undefined && Buffer.byteLength(text) <= MAX_METADATA_BYTES && isStorable(text)) return text;
    throw this.invalid(`.${field}`, value, `an object that is at most ${MAX_METADATA_BYTES} bytes as JSON`);
  }

  invalid(field: string, value: unknown, allowed: string): InvalidFieldError {
    const what = this.#where === 'judgement' ? 'judgement' : 'observation';
    return new InvalidFieldError({
      code: `${what}_invalid`,
      message: `${this.#where}${field} is ${shown(value)}; it is ${allowed}. Nothing was recorded.`,
      field: field.slice(1),
    });
  }
}

function isShort(name: string): boolean {
  // No character takes more than three bytes each time it counts.
  if (name.length * 3 <= MAX_NAME_BYTES) return true;
  return name.length <= MAX_NAME_LENGTH && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** PostgreSQL keeps no zero character, and no half of a surrogate pair can be kept anywhere. */
function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
}

/** `undefined` for what JSON cannot hold, such as a circle or a bigint. */
function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
