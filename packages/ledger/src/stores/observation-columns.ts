import { isDeepStrictEqual } from 'node:util';
import type { KeptObservation } from '../kept-observation.js';

/** Fields in the order of their columns. */
const fields = [
  ...(['id', 'atMs', 'application', 'infospace', 'runId', 'organisationId', 'task', 'adapter'] as const),
  ...(['provider', 'model', 'threadId', 'agentId', 'phase'] as const),
  ...(['promptTokens', 'completionTokens', 'cachedPromptTokens', 'cacheWriteTokens', 'reasoningTokens'] as const),
  ...(['costNanoUsd', 'economicCostNanoUsd', 'estimatedCostNanoUsd', 'costSource', 'cacheHit'] as const),
  ...(['latencyMs', 'status', 'attempt', 'qualityMillionths', 'qualitySource', 'metadata'] as const),
] as const satisfies readonly (keyof KeptObservation)[];

const amounts: ReadonlySet<string> = new Set(['costNanoUsd', 'economicCostNanoUsd', 'estimatedCostNanoUsd']);

export const observationColumns: readonly string[] = fields.map(columnOf);

export type RowValue = string | number | bigint | null;

export function rowOfObservation(kept: KeptObservation): readonly RowValue[] {
  const row: RowValue[] = [];
  putObservation(row, 0, kept);
  return row;
}

/** Its values from `start` on, in the order of `fields`; written out, as it is done for every call. Gives where the next begins. */
export function putObservation(values: RowValue[], start: number, kept: KeptObservation): number {
  let at = start;
  values[at++] = kept.id;
  values[at++] = kept.atMs;
  values[at++] = kept.application;
  values[at++] = kept.infospace;
  values[at++] = kept.runId;
  values[at++] = kept.organisationId;
  values[at++] = kept.task;
  values[at++] = kept.adapter;
  values[at++] = kept.provider;
  values[at++] = kept.model;
  values[at++] = kept.threadId;
  values[at++] = kept.agentId;
  values[at++] = kept.phase;
  values[at++] = kept.promptTokens;
  values[at++] = kept.completionTokens;
  values[at++] = kept.cachedPromptTokens;
  values[at++] = kept.cacheWriteTokens;
  values[at++] = kept.reasoningTokens;
  values[at++] = kept.costNanoUsd;
  values[at++] = kept.economicCostNanoUsd;
  values[at++] = kept.estimatedCostNanoUsd;
  values[at++] = kept.costSource;
  values[at++] = kept.cacheHit;
  values[at++] = kept.latencyMs;
  values[at++] = kept.status;
  values[at++] = kept.attempt;
  values[at++] = kept.qualityMillionths;
  values[at++] = kept.qualitySource;
  values[at++] = kept.metadata;
  return at;
}

/** Amounts may be numbers or bigints there. */
export function observationOfRow(row: readonly RowValue[]): KeptObservation {
  const named: Record<string, RowValue> = {};
  for (const [index, field] of fields.entries()) {
    const value = row[index] as RowValue;
    named[field] = amounts.has(field) && typeof value === 'number' ? BigInt(value) : value;
  }
  return named as unknown as KeptObservation;
}

export function isSameObservation(first: KeptObservation, second: KeptObservation): boolean {
  return fields.every(
    (field) => first[field] === second[field] || (field === 'metadata' && isSameJson(first[field], second[field])),
  );
}

/** Whoever tells a call again may write the keys of an object in another order. */
function isSameJson(first: string | null, second: string | null): boolean {
  return first !== null && second !== null && isDeepStrictEqual(JSON.parse(first), JSON.parse(second));
}

/** `promptTokens` is `prompt_tokens`. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
