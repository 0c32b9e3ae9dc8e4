/**
 * Asks the questions one after the other, each of the model that is recommended after those before it; nothing else is
 * known to the router. `laps` goes through them so many times, each time in another order.
 *
 * @returns for each question how often it was asked of the cheap model (`cheap`), and answered right (`right`); sums of
 *   what it cost, and what was asked of each model to learn, by default, and because it was shown to be good enough
 */
export function replay({ recommend, questions, setting, random, laps = 1 }) {
  const summaries = new Map();
  const cheap = new Float64Array(questions.length);
  const right = new Float64Array(questions.length);
  const choices = { proven: 0, default: 0, explored: 0 };
  let costNanoUsd = 0;
  let asked = 0;
  for (let lap = 0; lap < laps; lap++) {
    for (const question of shuffled(questions, random)) {
      const { task } = question;
      const known = summaries.get(task) ?? [emptySummary(task, 'cheap'), emptySummary(task, 'strong')];
      summaries.set(task, known);
      const { adapter, choice } = recommend(
        {
          task,
          candidates: ['cheap', 'strong'],
          default: 'strong',
          seed: `${random.below(2 ** 30)}-${asked}`,
          ...setting,
        },
        known,
      );
      asked += 1;
      choices[choice] += 1;
      costNanoUsd += question.costNanoUsd[adapter];
      right[question.index] += question.quality[adapter];
      if (adapter === 'cheap') cheap[question.index] += 1;
      observe(
        known.find((each) => each.adapter === adapter),
        question.quality[adapter],
        question.costNanoUsd[adapter],
      );
    }
  }
  return { cheap, right, choices, costNanoUsd, asked };
}

function observe(summary, quality, costNanoUsd) {
  const millionths = BigInt(quality * 1_000_000);
  const cost = BigInt(costNanoUsd);
  summary.observations += 1;
  summary.completed += 1;
  summary.judged += 1;
  summary.qualityMillionths += millionths;
  summary.qualitySquaresMillionths += millionths * millionths;
  summary.priced += 1;
  summary.costNanoUsd += cost;
  summary.economicCostNanoUsd += cost;
  summary.costSquares += cost * cost;
  summary.lastSeenMs += 1;
}

function emptySummary(task, adapter) {
  return {
    ...{ task, adapter, observations: 0, completed: 0, failed: 0, cancelled: 0 },
    ...{ judged: 0, qualityMillionths: 0n, qualitySquaresMillionths: 0n },
    ...{ priced: 0, costNanoUsd: 0n, economicCostNanoUsd: 0n, costSquares: 0n },
    ...{ promptTokens: 0n, completionTokens: 0n, cachedPromptTokens: 0n, latency: new Map(), lastSeenMs: 0 },
  };
}

function shuffled(items, random) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
