const MODULE = /\.[cm]?js$/;

/** What users can import from a package, as `{ specifier, kind }` with kind `module`, `json` or `file`. */
export function packageSubpaths({ name, exports = {} }) {
  return Object.entries(exports).map(([subpath, target]) => {
    if (!subpath.startsWith('.') || subpath.includes('*')) {
      throw new Error(
        `${name}: "exports" has "${subpath}". List every sub-path as "./name", so that each can be checked.`,
      );
    }
    return { specifier: name + subpath.slice(1), kind: kindOf(anyFile(target)) };
  });
}

function kindOf(file) {
  if (MODULE.test(file)) return 'module';
  return file.endsWith('.json') ? 'json' : 'file';
}

function anyFile(target) {
  return typeof target === 'string' ? target : anyFile(Object.values(target).at(-1));
}
