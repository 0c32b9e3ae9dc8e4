import { choicesFrom } from '@budget/test-tools';
import fc from 'fast-check';
import { styledDocument } from './styled-collections.js';

/** How a document is written. Shares run from 0 (never) to 1; all at 0 is the style in which programs write. */
export interface Style {
  readonly seed: number;
  /** Share of collections in brackets. */
  readonly flow: number;
  readonly comments: number;
  readonly blankLines: number;
  readonly trailingBlanks: number;
  readonly quotes: number;
  /** Text over several lines. */
  readonly folds: number;
  readonly oddScalars: number;
  readonly tags: number;
  readonly anchors: number;
  readonly merges: number;
  /** Keys as `? key` and `: value`. */
  readonly explicitKeys: number;
  /** Dashes on a line of their own. */
  readonly bareDashes: number;
  readonly shuffledKeys: boolean;
  readonly indentation: number;
  readonly listIndentation: number;
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly byteOrderMark: boolean;
  readonly head: '' | '---' | '--- # a document' | '%YAML 1.1\n---';
  readonly tail: '' | '...' | '# that was all' | '\n\n';
  readonly finalLineEnd: boolean;
}

/** As programs write. */
export const plainStyle: Style = {
  seed: 1,
  flow: 0,
  comments: 0,
  blankLines: 0,
  trailingBlanks: 0,
  quotes: 0,
  folds: 0,
  oddScalars: 0,
  tags: 0,
  anchors: 0,
  merges: 0,
  explicitKeys: 0,
  bareDashes: 0,
  shuffledKeys: false,
  indentation: 2,
  listIndentation: 0,
  lineEnd: '\n',
  byteOrderMark: false,
  head: '',
  tail: '',
  finalLineEnd: true,
};

// Mostly none of a feature, so that files come in which only one or two are unusual.
const share = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(0.05, 0.3, 0.9));

export const style: fc.Arbitrary<Style> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  flow: share,
  comments: share,
  blankLines: share,
  trailingBlanks: share,
  quotes: share,
  folds: share,
  oddScalars: share,
  tags: share,
  anchors: share,
  merges: share,
  explicitKeys: share,
  bareDashes: share,
  shuffledKeys: fc.boolean(),
  indentation: fc.integer({ min: 1, max: 5 }),
  listIndentation: fc.integer({ min: 0, max: 4 }),
  lineEnd: fc.constantFrom('\n', '\n', '\r\n', '\r'),
  byteOrderMark: fc.constantFrom(false, false, false, true),
  head: fc.constantFrom('', '', '---', '--- # a document', '%YAML 1.1\n---'),
  tail: fc.constantFrom('', '', '...', '# that was all', '\n\n'),
  finalLineEnd: fc.constantFrom(true, true, false),
});

/** The document in that style: to PyYAML the same values, and to the eye another file. */
export function inStyle(document: unknown, given: Style): string {
  const lines = styledDocument(document, given, choicesFrom(given.seed));
  const body = [...(given.head === '' ? [] : [given.head]), ...lines, ...(given.tail === '' ? [] : [given.tail])];
  const text = body.join('\n') + (given.finalLineEnd ? '\n' : '');
  return (given.byteOrderMark ? '\ufeff' : '') + text.replaceAll('\n', given.lineEnd);
}
