import type { KeptObservation } from '../kept-observation.js';
import { latencyBucket } from '../latency-histogram.js';
import { DAY_MS } from './test-clock.js';

type Quality = readonly [source: string, qualityMillionths: number];

/** What was recorded, kept as simply as it can be, and summed by looking at all of it. */
export class ObservationOracle {
  readonly calls = new Map<string, { kept: KeptObservation; qualities: Quality[]; isInTotals: boolean }>();

  observe(kept: KeptObservation): string {
    const known = this.calls.get(kept.id);
    if (known !== undefined)
      return JSON.stringify(known.kept, asText) === JSON.stringify(kept, asText) ? 'known' : 'differs';
    const own: Quality[] = kept.qualityMillionths === null ? [] : [[kept.qualitySource ?? '', kept.qualityMillionths]];
    this.calls.set(kept.id, { kept, qualities: own, isInTotals: true });
    return 'recorded';
  }

  judge(id: string, source: string, quality: number): string {
    const call = this.calls.get(id);
    if (call === undefined) return 'unknown';
    const said = call.qualities.find(([by]) => by === source);
    if (said !== undefined) return said[1] === quality ? 'known' : 'differs';
    call.qualities.push([source, quality]);
    return 'judged';
  }

  reset(): void {
    for (const call of this.calls.values()) call.isInTotals = false;
  }

  summary(task: string, adapter: string, sinceDay: number, source: string | null) {
    const calls = [...this.calls.values()].filter(
      ({ kept }) => kept.task === task && kept.adapter === adapter && kept.atMs >= sinceDay * DAY_MS,
    );
    const qualities = calls.flatMap(({ qualities: all }) => {
      const of = source === null ? all : all.filter(([by]) => by === source);
      return of.slice(-1).map(([, quality]) => BigInt(quality));
    });
    return calls.length === 0
      ? null
      : {
          ...sumsByLooking(calls.map(({ kept }) => kept)),
          judged: qualities.length,
          qualityMillionths: total(qualities),
          qualitySquaresMillionths: total(qualities.map((quality) => quality * quality)),
        };
  }
}

export function sumsByLooking(calls: readonly KeptObservation[]) {
  const priced = calls.filter(({ costNanoUsd }) => costNanoUsd !== null);
  const estimated = priced.filter(({ estimatedCostNanoUsd }) => estimatedCostNanoUsd !== null);
  const buckets = calls.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyBucket(latencyMs)]));
  const latency = Array.from(
    { length: Math.max(-1, ...buckets) + 1 },
    (_, bucket) => buckets.filter((each) => each === bucket).length,
  );
  return {
    observations: calls.length,
    failed: calls.filter(({ status }) => status === 'failed').length,
    retried: calls.filter(({ attempt }) => attempt > 1).length,
    priced: priced.length,
    promptTokens: total(calls.map(({ promptTokens }) => BigInt(promptTokens))),
    costNanoUsd: total(priced.map(({ costNanoUsd }) => costNanoUsd ?? 0n)),
    economicCostNanoUsd: total(priced.map(({ economicCostNanoUsd }) => economicCostNanoUsd ?? 0n)),
    costSquares: total(priced.map(({ costNanoUsd }) => (costNanoUsd ?? 0n) ** 2n)),
    estimateDeltaNanoUsd: total(estimated.map((call) => (call.costNanoUsd ?? 0n) - (call.estimatedCostNanoUsd ?? 0n))),
    lastSeenMs: Math.max(...calls.map(({ atMs }) => atMs)),
    latency,
  };
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
