const SECTIONS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
const LOCAL_PROTOCOL = /^(?:workspace|link|file|portal):(\.{1,2}\/.*)$/;
const ALIAS = /^(?:workspace|npm):(@?[^@]+)@/;

/**
 * What a manifest depends on, as `{ section, key, text }`: `text` is a package's name, or a relative path. An alias
 * (`"x": "npm:y@1"`) counts as what it stands for.
 */
export function manifestReferences(manifest) {
  return SECTIONS.flatMap((section) =>
    Object.entries(manifest[section] ?? {}).map(([key, range]) => ({
      section,
      key,
      text: LOCAL_PROTOCOL.exec(range)?.[1] ?? ALIAS.exec(range)?.[1] ?? key,
    })),
  );
}
