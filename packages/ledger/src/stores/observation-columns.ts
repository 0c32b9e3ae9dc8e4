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

/** Written out, as it is done for every call. In the order of `fields`. */
export function rowOfObservation(kept: KeptObservation): readonly RowValue[] {
  return [
    kept.id,
    kept.atMs,
    kept.application,
    kept.infospace,
    kept.runId,
    kept.organisationId,
    kept.task,
    kept.adapter,
    kept.provider,
    kept.model,
    kept.threadId,
    kept.agentId,
    kept.phase,
    kept.promptTokens,
    kept.completionTokens,
    kept.cachedPromptTokens,
    kept.cacheWriteTokens,
    kept.reasoningTokens,
    kept.costNanoUsd,
    kept.economicCostNanoUsd,
    kept.estimatedCostNanoUsd,
    kept.costSource,
    kept.cacheHit,
    kept.latencyMs,
    kept.status,
    kept.attempt,
    kept.qualityMillionths,
    kept.qualitySource,
    kept.metadata,
  ];
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
  return fields.every((field) => first[field] === second[field]);
}

/** `promptTokens` is `prompt_tokens`. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
