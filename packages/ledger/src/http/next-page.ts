/**
 * What `after` of the next page is: the name of the last one where more follow it, else `null`. `follow` finds those that come
 * after a name; it is asked only behind a page that is full.
 */
export async function nextPage<Item>(
  page: readonly Item[],
  limit: number,
  { nameOf, follow }: { nameOf: (item: Item) => string; follow: (after: string) => Promise<readonly Item[]> },
): Promise<string | null> {
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return null;
  const name = nameOf(last);
  return (await follow(name)).length > 0 ? name : null;
}
