import { describe, expect, it } from 'vitest';
import { responseTier, usageTier } from './service-tier.js';
import { readTokenUsage } from './token-usage.js';

describe('the service tier', () => {
  it.each([
    [{ service_tier: 'priority' }, 'priority'],
    [{ service_tier: 'batch', cache_creation: {} }, 'batch'],
    [{ service_tier: 'standard', speed: 'fast' }, 'fast'],
    [{ service_tier: 'standard', speed: 'standard' }, 'standard'],
    [{ serviceTier: 'FLEX' }, 'flex'],
    [{ trafficType: 'ON_DEMAND' }, 'standard'],
    [{ trafficType: 'ON_DEMAND_PRIORITY' }, 'priority'],
    [{ traffic_type: 'ON_DEMAND_FLEX' }, 'flex'],
    [{ trafficType: 'PROVISIONED_THROUGHPUT' }, 'provisioned'],
    [{ trafficType: 'SOMETHING_NEW' }, 'something_new'],
    [{ trafficType: 'TRAFFIC_TYPE_UNSPECIFIED' }, null],
    [{ service_tier: '' }, null],
    [{ service_tier: 7 }, null],
    [{}, null],
  ])('of the usage %j is %j', (usage, tier) => {
    expect(usageTier(usage)).toBe(tier);
    expect(readTokenUsage(usage).serviceTier).toBe(tier);
  });

  it.each([
    [{ service_tier: 'default' }, 'default'],
    [{ service_tier: '' }, null],
    [{ serviceTier: { type: 'flex' }, performanceConfig: { latency: 'optimized' } }, 'flex'],
    [{ serviceTier: 'priority' }, 'priority'],
    [{ performanceConfig: { latency: 'optimized' } }, null],
    [null, null],
  ])('of the response %j is %j', (body, tier) => {
    expect(responseTier(body)).toBe(tier);
  });

  it('and the place where it ran are told apart', () => {
    expect(readTokenUsage({ input_tokens: 1, inference_geo: 'us' }).inferenceGeo).toBe('us');
    for (const geo of ['not_available', '', null, 7]) {
      expect(readTokenUsage({ input_tokens: 1, inference_geo: geo }).inferenceGeo).toBeNull();
    }
  });
});
