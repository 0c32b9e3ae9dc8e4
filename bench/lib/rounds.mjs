/**
 * Measures each scene once a round, so that a busy moment of the machine hits all of them alike; another one begins each
 * round, so that none always follows the same. Rounds to warm up come first and do not count.
 *
 * A scene is a function that gives one measurement. Returns the measurements of each scene, by round.
 */
export function measureInRounds(scenes, { rounds, warmUpRounds }) {
  const measurements = scenes.map(() => []);
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (let turn = 0; turn < scenes.length; turn += 1) {
      const index = (round + turn) % scenes.length;
      const measurement = scenes[index]();
      if (round >= warmUpRounds) measurements[index].push(measurement);
    }
  }
  return measurements;
}

/** As `measureInRounds`, for scenes that give a promise of a measurement. Never two at once. */
export async function measureAsyncInRounds(scenes, { rounds, warmUpRounds }) {
  const measurements = scenes.map(() => []);
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (let turn = 0; turn < scenes.length; turn += 1) {
      const index = (round + turn) % scenes.length;
      const measurement = await scenes[index]();
      if (round >= warmUpRounds) measurements[index].push(measurement);
    }
  }
  return measurements;
}

/** A scene with few rounds needs few to warm up. */
export function warmUpRounds(rounds) {
  return Math.min(3, rounds);
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/** The median of one field of measurements, such as `elapsedMs`. */
export function medianOf(measurements, field) {
  return median(measurements.map((measurement) => measurement[field]));
}
