import { expect, it } from 'vitest';
import { checkModel } from '../../testing/model-checker.js';
import { postgresForTests } from '../../testing/postgres-for-tests.js';
import { postgresWorld } from '../../testing/postgres-world.js';

// Long form, a hundred thousand steps: BUDGET_FUZZ_COUNT=100000 npx vitest run src/stores/postgres/model-checker.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed>, with the count that the failure names.
const seed = Number(process.env['BUDGET_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const count = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 1500);

// Nobody pulls the plug here.
const { server } = postgresForTests({ settings: { fsync: 'off' } });

it(`says on PostgreSQL what a list of all reservations would say, after each of ${count} random steps (seed ${seed})`, {
  timeout: Math.max(120_000, count * 50),
}, async () => {
  const startedAtMs = performance.now();
  const openWorld = () => postgresWorld(server().address);
  const { steps, episodes, outcomes } = await checkModel({ seed, steps: count, openWorld });
  const stepsPerSecond = Math.round((steps * 1000) / (performance.now() - startedAtMs));
  process.stdout.write(`${steps} steps in ${episodes} episodes, ${stepsPerSecond} a second (seed ${seed})\n`);
  expect(steps).toBeGreaterThanOrEqual(count);
  // A checker that checks nothing is seen.
  expect(outcomes.size).toBeGreaterThan(20);
});
