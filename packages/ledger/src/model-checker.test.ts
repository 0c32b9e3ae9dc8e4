import { expect, it } from 'vitest';
import { checkModel } from './testing/model-checker.js';
import { sqliteWorld } from './testing/model-world.js';

// Long form, a million steps: BUDGET_FUZZ_COUNT=1000000 npx vitest run src/model-checker.test.ts
// A failed one again: BUDGET_FUZZ_SEED=<seed>, with the count that the failure names.
const seed = Number(process.env['BUDGET_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const count = Number(process.env['BUDGET_FUZZ_COUNT'] ?? 4500);

it(`says what a list of all reservations would say, after each of ${count} random steps (seed ${seed})`, {
  timeout: Math.max(60_000, count * 10),
}, async () => {
  const startedAtMs = performance.now();
  const { steps, episodes, outcomes } = await checkModel({ seed, steps: count, openWorld: sqliteWorld });
  const stepsPerSecond = Math.round((steps * 1000) / (performance.now() - startedAtMs));
  const counts = [...outcomes].sort().map(([outcome, times]) => `${outcome}: ${times}`);
  process.stdout.write(
    `${steps} steps in ${episodes} episodes, ${stepsPerSecond} a second (seed ${seed})\n${counts.join('\n')}\n`,
  );
  expect(steps).toBeGreaterThanOrEqual(count);
});
