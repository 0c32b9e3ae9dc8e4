/** Where a ledger, or a hub, keeps what it has: a file of this machine, or a server that several share. */
export type NamedStore =
  | { readonly kind: 'file' | 'server'; readonly name: string }
  /** What is wrong with the name, to follow its subject; without the name, which may hold a password. */
  | { readonly kind: 'mistake'; readonly fault: string };

/**
 * What people mean by the name of a store, whether a shell has read it or not. What is no path is never taken for one: each
 * directory that a command stands in would have a store of its own, and an address, with its password, the name of a file.
 */
export function namedStore(given: string): NamedStore {
  const name = given.trim();
  if (/^postgres(?:ql)?:\/\//i.test(name)) return { kind: 'server', name };
  const fault = faultOf(name);
  return fault === null ? { kind: 'file', name } : { kind: 'mistake', fault };
}

function faultOf(name: string): string | null {
  if (/^["']/.test(name)) return 'begins with a quotation mark, which only a shell takes away, and none did.';
  if (name.startsWith('~')) return 'begins with ~, which only a shell replaces, and none did. Write the whole path.';
  const scheme = /^([a-z][a-z0-9+.:-]*):\/\//i.exec(name)?.[1];
  if (scheme !== undefined) return `is a ${scheme}:// address. Name a file, or a postgres:// address.`;
  if (/^postgres(?:ql)?:/i.test(name)) return 'is no postgres:// address, which has two slashes behind the colon.';
  return null;
}
