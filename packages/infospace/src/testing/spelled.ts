import { isDeepStrictEqual } from 'node:util';
import { type Spelled, spell } from './pyyaml.js';

type Field = readonly [key: Spelled, value: Spelled];

/** The fields of a map that PyYAML read; none where it read nothing. */
function fieldsOfSpelled(spelled: Spelled): readonly Field[] {
  return spelled === null ? [] : (spelled as { map: readonly Field[] }).map;
}

/** The items of a list in such a map; none where it is missing or nothing. */
export function itemsOf(spelled: Spelled, name: string): readonly Spelled[] {
  const [, items] = fieldsOfSpelled(spelled).find(([key]) => isDeepStrictEqual(key, spell(name))) ?? [];
  return (items ?? []) as readonly Spelled[];
}

/** All but the named fields. */
export function fieldsBeside(spelled: Spelled, ...names: readonly string[]): readonly Field[] {
  return fieldsOfSpelled(spelled).filter(([key]) => !names.some((name) => isDeepStrictEqual(key, spell(name))));
}
