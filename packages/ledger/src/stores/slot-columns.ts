import { noUsage, type UsageSums, usageAmounts, usageCounts } from '../usage-sums.js';

const NANO_PER_USD = 1_000_000_000n;

/** Tokens and milliseconds take a column; dollars take one for whole dollars and one for the nano-dollars beside them. */
const amounts = usageAmounts.map((field) => ({ field, isMoney: field.endsWith('NanoUsd') }));

export const slotColumns: readonly string[] = [
  ...usageCounts.map(snake),
  ...amounts.flatMap(({ field, isMoney }) => (isMoney ? moneyColumns(field) : [snake(field)])),
];

/** In the order of `slotColumns`. */
export function slotValues(usage: UsageSums): readonly (number | bigint)[] {
  const values: (number | bigint)[] = usageCounts.map((field) => usage[field]);
  for (const { field, isMoney } of amounts) {
    const amount = usage[field];
    // Of a negative amount both are negative.
    if (isMoney) values.push(amount / NANO_PER_USD, amount % NANO_PER_USD);
    else values.push(amount);
  }
  return values;
}

/** Of one row, or of sums of each column. */
export function usageOfColumns(values: readonly bigint[]): UsageSums {
  const usage = noUsage();
  let at = 0;
  for (const field of usageCounts) usage[field] = Number(values[at++]);
  for (const { field, isMoney } of amounts) {
    const value = values[at++] as bigint;
    usage[field] = isMoney ? value * NANO_PER_USD + (values[at++] as bigint) : value;
  }
  return usage;
}

/** `costNanoUsd` is `cost_usd` and `cost_nano`. */
function moneyColumns(field: string): readonly string[] {
  const name = snake(field.slice(0, -'NanoUsd'.length));
  return [`${name}_usd`, `${name}_nano`];
}

function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
