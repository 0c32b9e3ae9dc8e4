import type { UsageEvent } from './usage-event.js';
import type { UsageSubscriber } from './usage-subscribers.js';

/** What of a `Meter` of `@opentelemetry/api` is used, so that who does without it needs not install it. */
export interface MeterLike {
  createHistogram(name: string, options: InstrumentOptions): { record(value: number, attributes: Attributes): void };
  createCounter(name: string, options: InstrumentOptions): { add(value: number, attributes: Attributes): void };
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { explicitBucketBoundaries?: number[] };
}

type Attributes = Record<string, string>;

export interface OpenTelemetryUsageOptions {
  /** Of `metrics.getMeter(…)`. */
  readonly meter: MeterLike;
  /** `gen_ai.operation.name`. Default: `chat`. */
  readonly operationName?: string | undefined;
}

const NANO_PER_USD = 1e9;
const MS_PER_SECOND = 1000;
/** Both as the semantic conventions for generative AI recommend: powers of 4, and doublings from a hundredth of a second. */
const tokenBoundaries = Array.from({ length: 14 }, (_, power) => 4 ** power);
const secondBoundaries = Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power);

/**
 * A subscriber that measures every call under the names of OpenTelemetry's semantic conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/), and its known cost under `budget.client.cost`:
 * `tracker.subscribe(openTelemetryUsage({ meter: metrics.getMeter('budget') }))`. Threads and agents are no attributes:
 * each of their names would be a time series of its own.
 */
export function openTelemetryUsage({ meter, operationName = 'chat' }: OpenTelemetryUsageOptions): UsageSubscriber {
  const tokens = meter.createHistogram('gen_ai.client.token.usage', {
    description: 'Number of input and output tokens used.',
    unit: '{token}',
    advice: { explicitBucketBoundaries: tokenBoundaries },
  });
  const duration = meter.createHistogram('gen_ai.client.operation.duration', {
    description: 'GenAI operation duration.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondBoundaries },
  });
  const cost = meter.createCounter('budget.client.cost', {
    description: 'What calls cost, as far as that is known.',
    unit: '{USD}',
  });
  return (event) => {
    const attributes = attributesOf(event, operationName);
    tokens.record(event.promptTokens, { ...attributes, 'gen_ai.token.type': 'input' });
    tokens.record(event.completionTokens, { ...attributes, 'gen_ai.token.type': 'output' });
    if (event.costNanoUsd !== null) cost.add(Number(event.costNanoUsd) / NANO_PER_USD, attributes);
    if (event.latencyMs === null) return;
    // A call without an error has no `error.type`.
    const outcome: Attributes = event.status === 'completed' ? {} : { 'error.type': event.status };
    duration.record(event.latencyMs / MS_PER_SECOND, { ...attributes, ...outcome });
  };
}

function attributesOf({ provider, model }: UsageEvent, operationName: string): Attributes {
  return {
    'gen_ai.operation.name': operationName,
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': model,
  };
}
