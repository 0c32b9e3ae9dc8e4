import { isAscii } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CodedError, type Fields, isFields, parsedJson, separateAnswers, separateStreams, text } from '@budget/core';
import { type ReadExchange, readRecordedResponse } from '@budget/infospace/pricing';

/**
 * The recorded exchanges of a file, or of standard input where it is called `-`: JSON lines of exchanges or of
 * responses, one response or a list of them in JSON, or the text of event streams; each may be gzipped. Which it is shows in
 * the text, not in the name. What a crash left of a last line is skipped and told.
 *
 * @throws CodedError `file_not_readable` (kind `input` or `environment`), `response_unreadable` (kind `input`) with file
 * and line.
 */
export async function* readExchanges(
  name: string,
  directory: string,
  stdin: Readable,
  warn: (message: string) => void,
): AsyncGenerator<Iterable<ReadExchange>> {
  const file = name === '-' ? 'standard input' : resolve(directory, name);
  const source = name === '-' ? stdin : chunksOf(file);
  let kind: 'unknown' | 'lines' | 'whole' = 'unknown';
  const whole: string[] = [];

  // One at a time, so that each is forgotten before the next is made: a chunk of them would be kept and moved about.
  function* exchangesIn(lines: Iterable<Line>): Generator<ReadExchange> {
    for (const line of lines) {
      if (kind === 'unknown') {
        const text = textOf(line).replace(/^\uFEFF/, '');
        if (text.trim() === '') continue;
        const value = parsedJson(text);
        kind = isLineOfMany(value) ? 'lines' : 'whole';
        if (kind === 'lines') yield exchangeOf(value);
        else whole.push(text);
      } else if (kind === 'whole') {
        whole.push(textOf(line));
      } else {
        const exchange = exchangeOfLine(line, file, warn);
        if (exchange !== null) yield exchange;
      }
    }
  }

  for await (const lines of linesOf(await uncompressed(source, file), file)) yield exchangesIn(lines);
  if (whole.length > 0) yield exchangesOfText(whole.join('\n'), file);
  else if (kind === 'unknown') throw unreadable(file, null, 'is empty');
}

function exchangeOfLine(line: Line, file: string, warn: (message: string) => void): ReadExchange | null {
  const quick = quicklyRead(line);
  if (quick !== null) return quick;
  const text = textOf(line);
  if (text.trim() === '') return null;
  const value = parsedJson(text);
  if (isFields(value)) return exchangeOf(value);
  if (value !== undefined) throw unreadable(file, line.number, 'is no JSON object');
  if (!line.isUnfinished) throw unreadable(file, line.number, 'is not JSON');
  warn(`${file}:${line.number}: the last line is not finished; it is left out.`);
  return null;
}

/**
 * The exchange by its bytes as they stand, one character each: what prompts and answers say in other letters than
 * ASCII's is then garbled and does not matter, and not decoding it makes reading a sixth faster. `null` where it might
 * matter: in a name, or at an end of a stream, where blanks and byte order marks are cut off.
 */
function quicklyRead({ bytes }: Line): ReadExchange | null {
  const value = parsedJson(bytes.toString('latin1'));
  if (!isFields(value)) return null;
  const exchange = exchangeOf(value);
  if (isAscii(bytes)) return exchange;
  const { id, host, path, requestModel, reading } = exchange;
  const { serviceTier, inferenceGeo } = reading.usage;
  const names = [id, host, path, requestModel, reading.id, reading.model, serviceTier, inferenceGeo];
  if (names.some((name) => typeof name === 'string' && BEYOND_ASCII.test(name))) return null;
  const { response } = value;
  if (typeof response !== 'string') return exchange;
  return reading.isPartial || BEYOND_ASCII.test(response.charAt(0)) ? null : exchange;
}

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Recorded exchanges come in gigabytes, and each chunk costs turns of the event loop; larger ones leave the CPU's cache. */
const CHUNK_BYTES = 256 * 1024;

interface Line {
  readonly bytes: Buffer;
  readonly number: number;
  /** The file ended without a line break behind it. */
  readonly isUnfinished: boolean;
}

/** Whether a first line stands for itself. The first line of an event stream or of a printed document does not. */
function isLineOfMany(value: unknown): boolean {
  if (!isFields(value)) return false;
  // Ollama streams its answer as lines of JSON, of which only the last says what was used.
  return typeof value['done'] !== 'boolean' || value['done'];
}

function exchangeOf(value: unknown): ReadExchange {
  if (!isFields(value) || !('response' in value) || 'custom_id' in value) {
    // A line of a batch's results, or a response alone.
    const id = isFields(value) ? text(value['custom_id']) : null;
    return { id, reading: readRecordedResponse(value) };
  }
  return {
    id: typeof value['id'] === 'number' ? String(value['id']) : text(value['id']),
    host: text(value['host']),
    path: text(value['path']),
    requestModel: text(value['request_model']),
    reading: readRecordedResponse(value['response']),
  };
}

function exchangesOfText(given: string, file: string): ReadExchange[] {
  const value = parsedJson(given);
  if (Array.isArray(value)) return exchangesOfList(value, file);
  if (isFields(value)) return [exchangeOf(value)];
  if (value !== undefined) throw unreadable(file, null, 'is no response');
  const answers = separateStreams(given);
  return answers.length === 1
    ? [exchangeOfStream(given, file)]
    : answers.flatMap((each) => exchangesOfText(each, file));
}

function exchangesOfList(elements: readonly unknown[], file: string): ReadExchange[] {
  return separateAnswers(elements).map((pieces) => {
    const [first] = pieces;
    if (!isFields(first)) throw unreadable(file, null, 'is a list of which an element is no JSON object');
    // What they say together would be counted several times, and a call's cost told without its usage.
    if (isStreamEvent(first)) throw unreadable(file, null, 'is a list of the events of a stream');
    return pieces.length === 1 ? exchangeOf(first) : { reading: readRecordedResponse(pieces) };
  });
}

/** Of Anthropic, of OpenAI's responses, or of OpenAI's chat. */
function isStreamEvent({ type, object, delta }: Fields): boolean {
  const isNamed = typeof type === 'string' && /^(?:message_|content_block_|response\.)/.test(type);
  return isNamed || isFields(delta) || (typeof object === 'string' && object.endsWith('.chunk'));
}

function exchangeOfStream(given: string, file: string): ReadExchange {
  const reading = readRecordedResponse(given);
  const { rawUsage, model, id, error } = reading;
  const saysNothing = rawUsage === null && model === null && id === null && error === null;
  if (saysNothing && !/^\s*(?:data|event|id|retry)?:|^\s*\[/.test(given)) {
    const broken = given.split('\n', 2).findIndex((line) => !isFields(parsedJson(line)));
    const isLines = given.split('\n').some((line) => isFields(parsedJson(line)));
    if (isLines) throw unreadable(file, broken + 1, 'is not JSON');
    throw unreadable(file, null, 'is neither JSON, nor JSON lines, nor the text of an event stream');
  }
  return { reading };
}

/**
 * Each chunk holds until the next is asked for: one buffer serves all, which the CPU's cache keeps. Read at once, as the
 * system has read on already, and a turn of the event loop for each takes longer than the copy.
 */
async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const length = readSync(descriptor, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}

async function uncompressed(source: AsyncIterable<Buffer>, file: string): Promise<AsyncIterable<Buffer>> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next().catch((error: NodeJS.ErrnoException) => {
    throw notReadable(file, error);
  });
  const rest = { [Symbol.asyncIterator]: () => chunks };
  const all = (async function* () {
    if (!first.done) yield Buffer.from(first.value);
    yield* rest;
  })();
  const isGzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  return isGzip ? gunzipped(all) : all;
}

async function* gunzipped(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Readable: Stream } = await import('node:stream');
  yield* Stream.from(kept(compressed)).pipe(createGunzip()) as AsyncIterable<Buffer>;
}

/** A stream takes in more than it has worked on, and a chunk holds only until the next is asked for. */
async function* kept(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

const LINE_BREAK = 10;

/** The lines that each chunk ends, made while they are asked for: all of a chunk's before the next chunk. */
async function* linesOf(chunks: AsyncIterable<Buffer>, file: string): AsyncGenerator<Iterable<Line>> {
  let rest: Buffer[] = [];
  let number = 0;
  function* linesIn(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let at = chunk.indexOf(LINE_BREAK); at >= 0; at = chunk.indexOf(LINE_BREAK, from)) {
      rest.push(chunk.subarray(from, at));
      const bytes = joined(rest);
      rest = [];
      from = at + 1;
      yield { bytes, number: ++number, isUnfinished: false };
    }
    // A copy, which holds for longer than the chunk.
    if (from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)));
  }
  try {
    for await (const chunk of chunks) yield linesIn(chunk);
  } catch (error) {
    throw CodedError.isInstance(error) ? error : notReadable(file, error as NodeJS.ErrnoException);
  }
  if (rest.length > 0) yield [{ bytes: joined(rest), number: ++number, isUnfinished: true }];
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}

function textOf({ bytes }: Line): string {
  return bytes.toString('utf8');
}

function unreadable(file: string, line: number | null, what: string): CodedError {
  return new CodedError({
    code: 'response_unreadable',
    kind: 'input',
    file,
    ...(line === null ? {} : { line }),
    message: `${file}${line === null ? '' : `:${line}`} ${what}. Give a provider's response as JSON, the text of an event stream, or JSON lines of recorded exchanges.`,
  });
}

function notReadable(file: string, error: NodeJS.ErrnoException): CodedError {
  return new CodedError({
    code: 'file_not_readable',
    // Who names another file, or gets the whole of this one, is helped.
    kind: /^(?:ENOENT|EISDIR|Z_)/.test(error.code ?? '') ? 'input' : 'environment',
    file,
    cause: error,
    message: `${file} cannot be read: ${error.message}`,
  });
}
