// The types of the package. It is plain JavaScript, so that examples can use it without a build; `tsc` checks it
// against what is declared here.

/** One recorded response. Its bytes are what is served, unless an answer asks for something else. */
export interface Exchange {
  readonly id: string;
  /** The name that stands in front of a path: `openai`, `anthropic`, `google`, …; for an unlisted host, the host. */
  readonly provider: string;
  readonly host: string;
  readonly path: string;
  /** The model that was asked for, from the request or from the path. */
  readonly model: string | null;
  readonly isStream: boolean;
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What was received, and what became of it. */
export interface ReceivedRequest {
  /** Milliseconds of `Date.now()` when the head had arrived. */
  readonly at: number;
  readonly method: string;
  /** With the query, as received. */
  readonly path: string;
  /** Null where the path names none. */
  readonly provider: string | null;
  /** Names in lower case; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** As received; empty until all of it arrived. */
  readonly body: Buffer;
  /** The body as parsed; undefined where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into requests of every provider
  readonly json: any;
  /** The id of the exchange that it was answered with, if any. */
  readonly exchange: string | null;
  /** Null until something is answered. */
  readonly status: number | null;
  /** Bytes of the body that were handed to the socket. */
  readonly bytesSent: number;
  /** The client went away before it had the whole answer. */
  readonly isAbandoned: boolean;
  /** Nothing more will be sent. */
  readonly isOver: boolean;
}

/** Where a body is cut. Offsets count bytes as sent, after a content encoding. */
export type Cuts =
  | 'whole'
  | 'events'
  | 'bytes'
  | readonly number[]
  | { readonly seed: number; readonly largest: number };

/**
 * What happens to the usage in a response. `as-asked`: an OpenAI-style stream ends with it only where the request says
 * `stream_options.include_usage`, and then says `"usage":null` before; `none` leaves it out; `{ value }` replaces it.
 */
export type UsageEdit = 'as-recorded' | 'as-asked' | 'none' | { readonly value: unknown };

export interface ErrorAnswer {
  readonly status: number;
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  readonly retryAfterSeconds?: number;
}

/** How a request is answered. Whatever is left out is as recorded. */
export interface Answer {
  /** An exchange or its id. Else the path, the `stream` flag and the model of the request choose. */
  readonly exchange?: string | Exchange;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a recorded body. An object is sent as JSON. */
  readonly body?: string | Uint8Array | object;
  /** An error in the shape of the provider that the path names. */
  readonly error?: ErrorAnswer;
  /** Default: `as-asked` for streams of OpenAI chat, else `as-recorded`. */
  readonly usage?: UsageEdit;
  /** Padding makes the body at least this long: a first field of JSON, comments in an event stream. */
  readonly leastBytes?: number;
  readonly encoding?: 'gzip' | 'br' | 'deflate';
  /** Default: the events of a stream, else the whole. */
  readonly cuts?: Cuts;
  /** Before the head, between head and body, between the parts of the body. */
  readonly headDelayMs?: number;
  readonly bodyDelayMs?: number;
  readonly cutDelayMs?: number;
  /** Whether the head tells the length, also of a body that breaks off. Default: not for streams. */
  readonly hasLength?: boolean;
  /** The connection is ended after so many bytes of the body; after the head for 0. */
  readonly breakAfterBytes?: number;
  /** How it is ended: properly, or with a reset, which may take bytes on their way with it. */
  readonly breakWith?: 'end' | 'reset';
  /** The connection is closed without a byte. */
  readonly isHungUp?: boolean;
  /** Nothing is ever sent. */
  readonly isSilent?: boolean;
  /** The body of the request is read no faster than this. */
  readonly readBytesPerSecond?: number;
}

export type AnswerChoice = Answer | ((request: ReceivedRequest) => Answer | Promise<Answer>);

export interface ReplayOptions {
  /** Default: the recordings that the package keeps. */
  readonly exchanges?: readonly Exchange[];
  /** How every request is answered that has no answer of its own. */
  readonly answer?: AnswerChoice;
  /** Stands for one provider: paths are then the provider's own, without its name in front. */
  readonly provider?: string;
  /** Default: any free port. */
  readonly port?: number;
}

export interface Replay {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** What stands for the provider's origin: `<origin>/openai`, to which a client adds `/v1/chat/completions`. */
  urlOf(provider: string): string;
  /** In the order in which their heads arrived. */
  readonly requests: readonly ReceivedRequest[];
  /** Answers for the next requests, one each, in the order in which they arrive. */
  next(...answers: AnswerChoice[]): void;
  /** Answers from now on for requests that have none of their own. */
  answerAll(answer: AnswerChoice): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Rejects where the port is taken. */
export function startReplay(options?: ReplayOptions): Promise<Replay>;

/** A few recorded exchanges that come with the package: JSON and streams, texts and tool calls. */
export function keptExchanges(): readonly Exchange[];

/** All recordings, or an empty list without the directory that `BUDGET_TEST_DATA` names (default `../shared/data`). */
export function allExchanges(): readonly Exchange[];

/** The exchange of one line of recordings: `{id, host, path, request_model, stream, status, content_type, response}`. */
export function readExchange(line: string): Exchange;

/** The body of an error as the provider writes it, and the headers that belong to it. */
export function errorBody(
  provider: string | null,
  error: ErrorAnswer,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> };
