import { CodedError } from '@budget/core';
import { expect, it } from 'vitest';
import { recommend } from './recommend.js';

const right = { task: 'summarise', candidates: ['small', 'large'], maxLoss: 0.1, seed: 1 };

it.each([
  [{ task: '' }, 'task is "", which is no name.'],
  [{ task: undefined }, 'task is undefined, which is no name.'],
  [{ candidates: [] }, 'candidates are a list of 1 to 100 names of adapters, each once.'],
  [{ candidates: ['small', 'small'] }, 'candidates are a list of 1 to 100 names of adapters, each once.'],
  [{ candidates: ['small', 7] }, 'candidates are a list of 1 to 100 names of adapters, each once.'],
  [
    { candidates: Array.from({ length: 101 }, (_, index) => `a${index}`) },
    'candidates are a list of 1 to 100 names of adapters, each once.',
  ],
  [{ maxLoss: undefined }, 'Name one of minQuality and maxLoss: what is good enough.'],
  [{ minQuality: 0.5 }, 'Name one of minQuality and maxLoss: what is good enough.'],
  [{ maxLoss: 1.1 }, 'maxLoss is 1.1, which is no number from 0 to 1.'],
  [{ maxLoss: undefined, minQuality: Number.NaN }, 'minQuality is NaN, which is no number from 0 to 1.'],
  [{ maxCostNanoUsd: -1 }, 'maxCostNanoUsd is -1, which is no whole number from 0 on.'],
  [{ maxCostNanoUsd: 0.5 }, 'maxCostNanoUsd is 0.5, which is no whole number from 0 on.'],
  [{ maxP95Ms: Number.POSITIVE_INFINITY }, 'maxP95Ms is Infinity, which is no number from 0 on.'],
  [{ explore: 1 }, 'explore is 1, which is no share from 0 to less than 1.'],
  [{ confidence: 1 }, 'confidence is 1, which is no probability from 0.5 to 0.999999999.'],
  [{ default: 'medium' }, 'default is "medium", which is none of the candidates.'],
  [{ seed: undefined }, /^seed is missing: give each call another, such as its id/],
])('%j is refused, and the field named', (wrong, message) => {
  const attempt = () => recommend({ ...right, ...wrong } as never, []);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ code: 'recommendation_invalid', kind: 'input' }));
});

it('nothing at all is refused in the same way', () => {
  for (const nothing of [undefined, null, 7, 'small']) {
    let thrown: unknown;
    try {
      recommend(nothing as never, []);
    } catch (error) {
      thrown = error;
    }
    expect(CodedError.isInstance(thrown)).toBe(true);
  }
});
