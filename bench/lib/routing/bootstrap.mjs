const RESAMPLES = 1_000;

/**
 * Where 95 % of resamples put what a router gains over the chord: as many questions of each subject as there are, drawn
 * again with replacement. Paired: router, both models and the chord are always computed on the same questions.
 *
 * @param routed for each question the share of its turns that the cheap model got, and that were answered right
 */
export function gainInterval(questions, routed, random) {
  const bySubject = grouped(questions);
  const gains = new Float64Array(RESAMPLES);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    const drawn = { cheapShare: 0, right: 0, cheap: 0, strong: 0 };
    for (const subject of bySubject) {
      for (let draw = 0; draw < subject.length; draw++) {
        const { index, quality } = subject[random.below(subject.length)];
        drawn.cheapShare += routed.cheap[index];
        drawn.right += routed.right[index];
        drawn.cheap += quality.cheap;
        drawn.strong += quality.strong;
      }
    }
    const chord = drawn.strong + (drawn.cheapShare / questions.length) * (drawn.cheap - drawn.strong);
    gains[resample] = (drawn.right - chord) / questions.length;
  }
  gains.sort();
  return { lower: gains[Math.floor(RESAMPLES * 0.025)], upper: gains[Math.ceil(RESAMPLES * 0.975) - 1] };
}

function grouped(questions) {
  const groups = new Map();
  for (const question of questions) {
    if (!groups.has(question.task)) groups.set(question.task, []);
    groups.get(question.task).push(question);
  }
  return [...groups.values()];
}
