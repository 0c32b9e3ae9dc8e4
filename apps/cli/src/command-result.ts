/** What a command has to say. Turning it into text is the renderer's job. */
export interface CommandResult {
  /**
   * Stable keys in snake_case: what `--format json` prints. A function where making it takes long; batches of rows, which
   * together are one list, where there may be more than memory holds.
   */
  readonly value: unknown | (() => Promise<unknown>) | AsyncIterable<readonly unknown[]>;
  /** For people; made only when it is asked for. */
  readonly view: () => View | Promise<View>;
  /** Told on stderr, where the value does not carry them to a person. Complete once the value, or the view, is. */
  readonly warnings?: Iterable<string>;
  /** Default 0. */
  readonly exitCode?: number;
  /** Where it is printed. Default stdout; there, what another program prints is in the way. */
  readonly to?: 'stderr';
}

export type View = readonly Block[];

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [string, string])[] }
  | {
      readonly kind: 'table';
      readonly title?: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
    };

export interface Column {
  readonly name: string;
  readonly align?: 'right';
}

export const text = (content: string): Block => ({ kind: 'text', text: content });

export function isBatches(value: unknown): value is AsyncIterable<readonly unknown[]> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
