import { parseDocument } from 'yaml';

/** The value of a YAML text, or the line at which it is none. In a file of its own, so that the library is loaded lazily. */
export function configurationDocument(text: string): { readonly value: unknown } | { readonly wrongLine: number } {
  const document = parseDocument(text);
  const [error] = document.errors;
  return error === undefined ? { value: document.toJS() } : { wrongLine: error.linePos?.[0].line ?? 1 };
}
