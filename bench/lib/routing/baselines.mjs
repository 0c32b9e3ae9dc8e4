const sum = (values) => values.reduce((total, value) => total + value, 0);

/** The two fixed choices, the chord between them, and the best that subjects allow to who knows all answers beforehand. */
export function baselinesOf(questions) {
  const cheap = sum(questions.map(({ quality }) => quality.cheap)) / questions.length;
  const strong = sum(questions.map(({ quality }) => quality.strong)) / questions.length;
  const subjects = subjectsByLoss(questions);
  return {
    cheap,
    strong,
    /** The accuracy of who tosses a coin that falls on the cheap model with this share. */
    chord: (share) => strong + share * (cheap - strong),
    /** Subjects go to the cheap model in the order of what that loses, until it has this share of the questions. */
    hindsight(share) {
      let left = share;
      let accuracy = strong;
      for (const { part, loss } of subjects) {
        const taken = Math.min(part, Math.max(left, 0));
        accuracy -= taken * loss;
        left -= taken;
      }
      return accuracy;
    },
  };
}

function subjectsByLoss(questions) {
  const subjects = new Map();
  for (const { task, quality } of questions) {
    const subject = subjects.get(task) ?? { count: 0, lost: 0 };
    subjects.set(task, { count: subject.count + 1, lost: subject.lost + quality.strong - quality.cheap });
  }
  return [...subjects.values()]
    .map(({ count, lost }) => ({ part: count / questions.length, loss: lost / count }))
    .sort((first, second) => first.loss - second.loss);
}
