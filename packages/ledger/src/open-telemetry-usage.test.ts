import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { openTelemetryUsage } from './open-telemetry-usage.js';
import { temporaryStore } from './testing/temporary-store.js';
import { createUsageTracker } from './usage-tracker.js';

const call = { provider: 'openai', model: 'gpt-4o-mini', promptTokens: 1000, completionTokens: 100, latencyMs: 400 };

async function measured(record: (tracker: ReturnType<typeof createUsageTracker>) => Promise<unknown>) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const store = await temporaryStore();
  const price = () => ({ costNanoUsd: 1_500_000_000n });
  const tracker = createUsageTracker({ store, application: 'chat', price });
  tracker.subscribe(openTelemetryUsage({ meter: provider.getMeter('budget') }));
  await record(tracker);
  await provider.forceFlush();
  const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  await provider.shutdown();
  return new Map(found.map(({ descriptor, dataPoints }) => [`${descriptor.name} ${descriptor.unit}`, dataPoints]));
}

it('every call is measured under the names of OpenTelemetry', async () => {
  const found = await measured(async (tracker) => {
    await tracker.record(call);
    await tracker.record({ ...call, status: 'failed' });
  });
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
  };
  expect(found.get('gen_ai.client.token.usage {token}')).toMatchObject([
    { attributes: { ...attributes, 'gen_ai.token.type': 'input' }, value: { sum: 2000, count: 2 } },
    { attributes: { ...attributes, 'gen_ai.token.type': 'output' }, value: { sum: 200, count: 2 } },
  ]);
  expect(found.get('gen_ai.client.operation.duration s')).toMatchObject([
    { attributes, value: { sum: 0.4, count: 1 } },
    { attributes: { ...attributes, 'error.type': 'failed' }, value: { sum: 0.4, count: 1 } },
  ]);
  expect(found.get('budget.client.cost {USD}')).toMatchObject([{ attributes, value: 3 }]);
});

it('the meter of the API package that nobody configured measures nothing and disturbs nothing', async () => {
  const store = await temporaryStore();
  const tracker = createUsageTracker({ store, application: 'chat' });
  tracker.subscribe(openTelemetryUsage({ meter: metrics.getMeter('budget') }));
  await tracker.record(call);
  expect(tracker.subscriberFailures()).toEqual({ threw: 0, rejected: 0, unsettled: 0, skipped: 0 });
});
