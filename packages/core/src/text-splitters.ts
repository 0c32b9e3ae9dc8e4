/** Takes text in pieces of any size and hands on the parts that are complete. */
export interface TextSplitter {
  push(text: string): void;
  /** What came after the last complete part. */
  rest(): string;
}

export interface SplitterOptions {
  /** A part longer than this, in UTF-16 units, is dropped, and the parts after it are read on. */
  readonly maxLength: number;
  readonly onPart: (part: string) => void;
  readonly onDropped: () => void;
}

/** Gathers the pieces of one part. Joining them only once keeps the cost linear, however small the pieces are. */
function gatheredPart({ maxLength, onPart, onDropped }: SplitterOptions) {
  let pieces: string[] = [];
  let length = 0;
  let isDropped = false;
  return {
    add(piece: string): void {
      if (piece === '' || isDropped) return;
      length += piece.length;
      pieces.push(piece);
      if (length <= maxLength) return;
      isDropped = true;
      pieces = [];
      onDropped();
    },
    finish(lastPiece: string): void {
      this.add(lastPiece);
      const part = pieces.length === 1 ? (pieces[0] as string) : pieces.join('');
      if (!isDropped && part !== '') onPart(part);
      pieces = [];
      length = 0;
      isDropped = false;
    },
    soFar: () => pieces.join(''),
  };
}

/** Parts between separators: lines, or the events of an event stream, between which a line is blank. */
export function separatedText(separator: '\n' | '\n\n', options: SplitterOptions): TextSplitter {
  const part = gatheredPart(options);
  let endsInHalf = false;
  return {
    push(text) {
      if (text === '') return;
      let start = 0;
      if (endsInHalf && text.startsWith('\n')) {
        part.finish('');
        start = 1;
      }
      for (let at = text.indexOf(separator, start); at !== -1; at = text.indexOf(separator, start)) {
        part.finish(text.slice(start, at));
        start = at + separator.length;
      }
      part.add(text.slice(start));
      endsInHalf = separator === '\n\n' && start < text.length && text.endsWith('\n');
    },
    rest: part.soFar,
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** The objects and arrays directly inside a JSON array. `onEnd` is told where in the piece the array ends. */
export function arrayElements(options: SplitterOptions & { readonly onEnd: (end: number) => void }): TextSplitter {
  const element = gatheredPart(options);
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  return {
    push(text) {
      let start = depth > 1 ? 0 : -1;
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (isEscaped) {
          isEscaped = false;
        } else if (isInText) {
          if (code === BACKSLASH) isEscaped = true;
          else if (code === QUOTE) isInText = false;
        } else if (code === QUOTE) {
          isInText = true;
        } else if (OPENING.has(code)) {
          depth += 1;
          if (depth === 2) start = at;
        } else if (CLOSING.has(code)) {
          depth -= 1;
          if (depth === 1) {
            element.finish(text.slice(start, at + 1));
            start = -1;
          }
          if (depth === 0) options.onEnd(at + 1);
        }
      }
      if (start >= 0) element.add(text.slice(start));
    },
    rest: element.soFar,
  };
}
