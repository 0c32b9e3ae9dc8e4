import { isDeepStrictEqual } from 'node:util';
import { type Spelled, spell } from './pyyaml.js';

type Field = readonly [key: Spelled, value: Spelled];

/** The fields of a map that PyYAML read; none of what is no map. */
function fieldsOfSpelled(spelled: Spelled): readonly Field[] {
  return (spelled as { map?: readonly Field[] } | null)?.map ?? [];
}

export function fieldOf(spelled: Spelled, name: string): Spelled {
  return fieldsOfSpelled(spelled).find(([key]) => isDeepStrictEqual(key, spell(name)))?.[1];
}

/** The items of a list in such a map; none where it is missing or nothing. */
export function itemsOf(spelled: Spelled, name: string): readonly Spelled[] {
  return (fieldOf(spelled, name) ?? []) as readonly Spelled[];
}

/** All but the named fields. */
export function fieldsBeside(spelled: Spelled, ...names: readonly string[]): readonly Field[] {
  return fieldsOfSpelled(spelled).filter(([key]) => !names.some((name) => isDeepStrictEqual(key, spell(name))));
}

/** What entries by the earlier tool come to, added up from what PyYAML read. Their amounts have few decimals. */
export function totalsOfSpelled(entries: readonly Spelled[]) {
  const sum = (name: string): number =>
    entries.reduce<number>((total, entry) => total + numberOf(fieldOf(fieldOf(entry, 'rollup'), name)), 0);
  return {
    runs: entries.length,
    calls: sum('total_calls'),
    promptTokens: sum('total_prompt_tokens'),
    completionTokens: sum('total_completion_tokens'),
    totalTokens: sum('total_tokens'),
    costNanoUsdKnown: BigInt(sum('total_cost_usd_known') * 10 ** 9),
    costNanoUsdEstimated: BigInt(sum('total_cost_usd_estimated') * 10 ** 9),
    unpricedCalls: 0,
    meteredCalls: 0,
    meteredCostNanoUsd: 0n,
  };
}

function numberOf(spelled: Spelled): number {
  const { int, float } = (spelled ?? {}) as { int?: string; float?: string };
  return float === undefined ? Number(int ?? 0) : hexFloat(float);
}

/** Python's `float.hex`: `0x1.8000000000000p+1` is 3. */
function hexFloat(text: string): number {
  const [, whole = '0', fraction = '', exponent = '0'] = /^0x([01])\.([0-9a-f]+)p([-+]\d+)$/.exec(text) ?? [];
  return (Number(whole) + Number.parseInt(fraction, 16) / 16 ** fraction.length) * 2 ** Number(exponent);
}
