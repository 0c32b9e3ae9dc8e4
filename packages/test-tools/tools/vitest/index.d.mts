import type { Socket } from 'node:net';

/** Done after the test, also when it fails; what came last is done first. */
export function afterThisTest(cleanup: () => unknown): void;

/** An empty directory that is gone after the test. */
export function temporaryDirectory(): string;

/** A connection to a server on this machine, to send what no HTTP client would; gone after the test. */
export function socketTo(url: string): Promise<Socket>;

/** Sends the parts, and gives all that is answered until the server ends. */
export function answerTo(url: string, ...parts: readonly (string | Buffer)[]): Promise<string>;

/** Sends a head and then the same part over and over, until it is cut off. Gives all that is answered. */
export function sendWithoutEnd(
  url: string,
  head: string,
  body: { readonly part: Buffer; readonly parts: number },
): Promise<string>;
