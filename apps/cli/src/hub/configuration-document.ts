import { type Document, LineCounter, parseDocument, visit } from 'yaml';

/** The value of a YAML text, or the line at which it is none. In a file of its own, so that the library is loaded lazily. */
export function configurationDocument(text: string): { readonly value: unknown } | { readonly wrongLine: number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) return { wrongLine: error.linePos?.[0].line ?? 1 };
  try {
    return { value: document.toJS() };
  } catch {
    // An alias without its anchor is found only now, and so are those that would make too much of each other.
    return { wrongLine: lines.linePos(aliasWithoutAnchor(document) ?? 0).line };
  }
}

/** Where it stands in the text. */
function aliasWithoutAnchor(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}
