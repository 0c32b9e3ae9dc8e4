/**
 * Who has to act on an error. The command line turns it into its exit code:
 * `usage` 2, `budget` 3, `input` 4, `environment` 5, `internal` 1.
 */
export type ErrorKind = 'usage' | 'budget' | 'input' | 'environment' | 'internal';

export interface CodedErrorOptions {
  /** Stable, snake_case, safe to test for: `file_corrupt`, `lock_timeout`, … */
  readonly code: string;
  readonly kind: ErrorKind;
  /** What happened and what to do next, in one or two sentences. */
  readonly message: string;
  /** The file that the error is about. */
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  readonly cause?: unknown;
}

// The registry of symbols is shared by every copy of this module in a process: `core` is bundled into
// several packages, and each package exists as ESM and as CommonJS, so `instanceof` would lie.
const marker = Symbol.for('@budget/coded-error');

/** The base of every error that this product throws on purpose. */
export class CodedError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly [marker] = true;

  constructor(options: CodedErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CodedError';
    this.code = options.code;
    this.kind = options.kind;
    this.file = options.file;
    this.line = options.line;
  }

  /** Tells our errors from others, whichever copy of this class made them. */
  static isInstance(value: unknown): value is CodedError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[marker] === true;
  }
}
