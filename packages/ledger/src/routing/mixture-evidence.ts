/**
 * The natural logarithm of what a bet against the sample's own mean would have become: 0 or less, and about
 * −½ ln(n·π/2) for large samples.
 *
 * Against any mean μ the bet stands at `evidenceAtMean + n·KL(m ‖ μ)`, with m the mean of the sample and KL the divergence of
 * two coins. It starts at 1, and where every value is from 0 to 1 and μ is what is to be expected of each, whatever came
 * before, it is a supermartingale: the values bet on are mixed by Beta(½, ½), and of each single one e^(λx) ≤ 1 − x + x·e^λ
 * makes coins the worst case. So by Ville's inequality it ever passes 1/α with a probability of α at most, however often one
 * looks and whenever one stops. (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform, nonparametric,
 * nonasymptotic confidence sequences".)
 *
 * With Beta(½, ½) the large terms of the Beta function cancel, so that this is exact for 10 values and for 2^53.
 */
export function evidenceAtMean(count: number, mean: number): number {
  if (count === 0) return 0;
  const evidence =
    halfGammaRest(count * mean) +
    halfGammaRest(count * (1 - mean)) -
    factorialRest(count) -
    0.5 * Math.log((count * Math.PI) / 2);
  return Math.min(evidence, 0);
}

/** From here on the series below are exact to 10 digits. */
const SERIES_FROM = 10;

/** ln Γ(x + ½) − (x ln x − x + ½ ln 2π): from −½ ln 2 at 0 up to 0. */
function halfGammaRest(x: number): number {
  if (x >= SERIES_FROM) return (-1 / 24 + (7 / 2880 - 31 / (40_320 * x * x)) / (x * x)) / x;
  const steps = Math.ceil(SERIES_FROM - x);
  let product = 1;
  for (let step = 0; step < steps; step++) product *= x + 0.5 + step;
  return halfGammaRest(x + steps) + timesLog(x + steps) - steps - timesLog(x) - Math.log(product);
}

/** ln n! − (n ln n − n + ½ ln 2πn) for whole n from 1 on. */
function factorialRest(n: number): number {
  if (n >= SERIES_FROM) return (1 / 12 - (1 / 360 - 1 / (1260 * n * n)) / (n * n)) / n;
  let factorial = 1;
  for (let factor = 2; factor <= n; factor++) factorial *= factor;
  return Math.log(factorial) - (timesLog(n) - n + 0.5 * Math.log(2 * Math.PI * n));
}

function timesLog(x: number): number {
  return x === 0 ? 0 : x * Math.log(x);
}
