import { buildTokenEvent } from '@budget/hub-client';
import { bundledPrices } from '@budget/infospace/pricing';
import { expect, test } from 'vitest';

test('every model that has a bundled price is told by its name', async () => {
  const prices = (await bundledPrices()).list();
  // What OpenRouter calls `~openai/gpt-latest` looks like the home of a user.
  const names = [...new Set(prices.map(({ model }) => model))].filter((name) => !name.startsWith('~'));
  expect(names.length).toBeGreaterThan(500);
  const toldAs = (model: string) =>
    buildTokenEvent(
      {
        ...{ runId: 'run', runIndex: 1, workspace: 'acme', infospace: 'demo', snapshotId: null, startedAt: null },
        ...{ endedAt: '2026-11-22T01:50:01.582Z', durationSeconds: null, status: 'completed' },
        usage: [
          {
            ...{ provider: 'any', model, calls: 1, inputTokens: 1, outputTokens: 1, costNanoUsd: 0n },
            ...{ callsPricedByProvider: 0, callsPricedByRates: 0, unpricedCalls: 1 },
          },
        ],
      },
      ['alice', 'box-17', 'box-17.example.com'],
    ).data.model;
  expect(names.filter((name) => toldAs(name) !== name)).toEqual([]);
});
