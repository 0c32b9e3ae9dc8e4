import { formatDecimal } from '@budget/core';
import { type Comparison, formatUsd, type NanoUsd, ratioText } from '@budget/infospace';

/** `≥$0.012345` when some call's cost is not known. */
export function costText(amount: NanoUsd, unpricedCalls: number): string {
  return `${unpricedCalls > 0 ? '≥' : ''}$${formatUsd(amount)}`;
}

/** `$0.000000150`: all nine decimals, where the cost of single calls is shown and six would hide some. */
export function fineCostText(amount: NanoUsd, isLowerBound: boolean): string {
  return `${isLowerBound ? '≥' : ''}$${formatDecimal(amount, 9)}`;
}

/** `1,234,567.5` */
export function countText(count: number | bigint): string {
  const [whole = '', fraction] = String(count).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 run`, `2 runs` */
export function counted(count: number, thing: string): string {
  return `${countText(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** `12/10 (1.20×)`: actual, planned, and how they relate; the actual alone where nothing was planned. */
export function comparisonText({ actual, estimated }: Comparison): string {
  if (estimated === null) return countText(actual);
  const ratio = ratioText(actual, estimated);
  return `${countText(actual)}/${countText(estimated)}${ratio === null ? '' : ` (${ratio})`}`;
}
