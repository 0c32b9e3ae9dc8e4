import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { choicesFrom } from '@budget/test-tools';
import { describe, expect, it } from 'vitest';
import { summaryOf, withCall } from '../testing/task-summaries.js';
import type { KnownSums } from './known-sums.js';
import { recommend } from './recommend.js';
import type { RecommendationRequest } from './recommendation-request.js';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
// Not part of the repository: `BUDGET_TEST_DATA` names its directory.
const file = resolve(repository, process.env['BUDGET_TEST_DATA'] || '../shared/data', 'mmlu-two-models.csv.gz');
const isWithoutData = !existsSync(file);

interface Question {
  readonly task: string;
  readonly quality: Readonly<Record<string, number>>;
}

const questions: readonly Question[] = isWithoutData
  ? []
  : gunzipSync(readFileSync(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [task = '', , , small, large] = line.split(',');
        return { task, quality: { small: Number(small), large: Number(large) } };
      });

const costs: Readonly<Record<string, number>> = { small: 700, large: 10_000 };

/** Asks each question once, of whom is recommended after what was seen before it. The long form is bench/routing.mjs. */
function replay(rule: Partial<RecommendationRequest>, seed: number) {
  const choices = choicesFrom(seed);
  const order = [...questions];
  for (let last = order.length - 1; last > 0; last--) {
    const other = choices.between(0, last);
    [order[last], order[other]] = [order[other] as Question, order[last] as Question];
  }
  const known = new Map<string, KnownSums>();
  const sums = { right: 0, small: 0 };
  for (const [index, { task, quality }] of order.entries()) {
    const summaries = ['small', 'large'].map(
      (adapter) => known.get(`${adapter} ${task}`) ?? summaryOf(adapter, { calls: 0, task }),
    );
    const { adapter } = recommend(
      { task, candidates: ['small', 'large'], default: 'large', seed: `${seed}-${index}`, ...rule },
      summaries,
    );
    sums.right += quality[adapter] as number;
    if (adapter === 'small') sums.small += 1;
    const before = summaries.find((each) => each.adapter === adapter) as KnownSums;
    known.set(`${adapter} ${task}`, withCall(before, quality[adapter] as number, costs[adapter] as number));
  }
  return sums;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.skipIf(isWithoutData)(
  '14,042 real questions of 57 subjects (needs BUDGET_TEST_DATA)',
  { timeout: 120_000 },
  () => {
    // Savings claimed without a baseline: whoever sends a share of calls to the cheap model by tossing a coin saves as much.
    it.each([[{ maxLoss: 0.1, explore: 0.3 }], [{ minQuality: 0.6, explore: 0.3 }]])(
      'are answered better than by chance at the same share of the small model: %j',
      (rule) => {
        const { right, small } = replay(rule, 1);
        const [smallAlone, largeAlone] = ['small', 'large'].map((adapter) =>
          mean(questions.map(({ quality }) => quality[adapter] as number)),
        ) as [number, number];
        const share = small / questions.length;
        const byChance = largeAlone + share * (smallAlone - largeAlone);
        expect(share).toBeGreaterThan(0.2);
        expect(right / questions.length).toBeGreaterThan(byChance + 0.002);
      },
    );

    it('are all asked of the default where nothing is explored: nothing is learned without', () => {
      expect(replay({ maxLoss: 0.1, explore: 0 }, 1).small).toBe(0);
    });
  },
);
