import { CodedError, isFields } from '@budget/core';
import {
  checkedJudgement,
  checkedObservation,
  type ExportedObservation,
  type KeptJudgement,
  type KeptObservation,
  type Observation,
} from '@budget/ledger';
import { exactInteger } from '../render/json.js';
import { WrongLine } from './wrong-line.js';

/** How each field of an observation is called in a line or a row, in their order. */
const keyOf: Readonly<Record<keyof Observation, string>> = {
  id: 'id',
  at: 'at',
  application: 'application',
  infospace: 'infospace',
  runId: 'run_id',
  organisationId: 'organisation_id',
  task: 'task',
  adapter: 'adapter',
  provider: 'provider',
  model: 'model',
  threadId: 'thread_id',
  agentId: 'agent_id',
  phase: 'phase',
  promptTokens: 'prompt_tokens',
  completionTokens: 'completion_tokens',
  cachedPromptTokens: 'cached_prompt_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  reasoningTokens: 'reasoning_tokens',
  costNanoUsd: 'cost_nano_usd',
  economicCostNanoUsd: 'economic_cost_nano_usd',
  estimatedCostNanoUsd: 'estimated_cost_nano_usd',
  costSource: 'cost_source',
  cacheHit: 'cache_hit',
  latencyMs: 'latency_ms',
  status: 'status',
  attempt: 'attempt',
  quality: 'quality',
  qualitySource: 'quality_source',
  metadata: 'metadata',
};
const names = Object.keys(keyOf) as readonly (keyof Observation)[];
const nameOf = new Map(names.map((name) => [keyOf[name], name]));
const amounts = new Set<string>(['costNanoUsd', 'economicCostNanoUsd', 'estimatedCostNanoUsd']);
const JUDGEMENTS = 'judgements';
const MILLION = 1_000_000;

export const observationKeys: readonly string[] = [...nameOf.keys(), JUDGEMENTS];

/** Stable keys, every one there: `null` where nothing is known. Whole numbers past 2^53 are text. */
export function observationFields({ kept, judgements }: ExportedObservation): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of names) fields[keyOf[name]] = fieldOf(kept, name);
  fields[JUDGEMENTS] = judgements.map(({ source, qualityMillionths }) => ({
    source,
    quality: qualityMillionths / MILLION,
  }));
  return fields;
}

function fieldOf(kept: KeptObservation, name: keyof Observation): unknown {
  switch (name) {
    case 'at':
      return new Date(kept.atMs).toISOString();
    case 'quality':
      return kept.qualityMillionths === null ? null : kept.qualityMillionths / MILLION;
    case 'metadata':
      return kept.metadata === null ? null : JSON.parse(kept.metadata);
    default:
      return exactInteger(name, kept[name]);
  }
}

/**
 * What a line says. What every call has, and most do not say, may be left out: then it is a call that completed at the
 * first try, without a cache.
 *
 * @throws WrongLine
 */
export function readObservation(value: unknown, line: number): ExportedObservation {
  if (!isFields(value)) throw new WrongLine(line, 'it is no JSON object');
  const given: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const name = nameOf.get(key);
    if (name === undefined && key !== JUDGEMENTS) throw new WrongLine(line, unknownField(key));
    if (name !== undefined && field !== null) given[name] = amounts.has(name) ? amountOf(field) : field;
  }
  return said(line, () => {
    const kept = checkedObservation(withDefaults(given) as unknown as Observation);
    return { kept, judgements: judgementsOf(value[JUDGEMENTS], kept, line) };
  });
}

function withDefaults(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isCached = Number(given['cachedPromptTokens']) > 0;
  return {
    ...{ phase: 'infer', status: 'completed', attempt: 1 },
    ...{ cachedPromptTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
    costSource: given['costNanoUsd'] === undefined ? 'unknown' : 'rates',
    cacheHit: isCached ? 'provider' : 'none',
    ...given,
  };
}

function judgementsOf(given: unknown, { id }: KeptObservation, line: number): readonly KeptJudgement[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw new WrongLine(line, `${JUDGEMENTS} is no list`);
  return given.map((each) => {
    const { quality, source } = isFields(each) ? each : {};
    return checkedJudgement({ observationId: id, quality: quality as number, source: source as string });
  });
}

/** Whole numbers, as text past 2^53. Whatever is none is left to the check. */
function amountOf(field: unknown): unknown {
  if (typeof field === 'string' && /^\d{1,19}$/.test(field)) return BigInt(field);
  return Number.isSafeInteger(field) ? BigInt(field as number) : field;
}

/** What the ledger's check says, about the line and with the names that are in it. */
function said<T>(line: number, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const [, what = '', name = '', rest = ''] =
      /^(observation|judgement)\.?(\w*)(.*?)(?:\. Nothing was recorded\.)?$/s.exec(error.message) ?? [];
    const ofJudgement = what === 'judgement' ? 'of a judgement, ' : '';
    // Of money it speaks as a program has it.
    const inJson = rest.replace('a bigint of', 'a whole number of').replace(/^( is \d+)n;/, '$1;');
    throw new WrongLine(line, `${ofJudgement}${keyOf[name as keyof Observation] ?? name}${inJson}`);
  }
}

function unknownField(key: string): string {
  return `${JSON.stringify(key)} is no field of an observation; what else there is to know goes into metadata`;
}
