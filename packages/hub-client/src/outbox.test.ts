import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { beforeEach, describe, expect, it } from 'vitest';
import { destinationOf } from './destination.js';
import { readDropCount } from './drop-count.js';
import { CLAIM_MS, MAX_AGE_MS, MAX_WAITING, type Outbox, openOutbox } from './outbox.js';
import { anyEvent } from './testing/runs.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const hub = destinationOf({ url: 'https://hub.example.com', transport: 'http' });
let directory: string;
let nowMs: number;
let outbox: Outbox;

beforeEach(() => {
  directory = join(temporaryDirectory(), 'outbox');
  nowMs = Date.now();
  outbox = openOutbox(directory, () => nowMs);
});

const onlyWaiting = () => {
  const [waiting, ...rest] = outbox.waiting();
  expect(rest).toEqual([]);
  if (waiting === undefined) throw new Error('none waits');
  return waiting;
};

describe('an outbox', () => {
  it('holds an event as it will be sent, under its id, once', () => {
    const event = anyEvent();
    expect(outbox.put(event, hub)).toBe(true);
    expect(outbox.put({ ...event, subject: 'another' }, hub)).toBe(false);
    const [name = '', ...others] = readdirSync(directory);
    expect(others).toEqual([]);
    expect(name).toBe(`${event.id}.${hub.mark}.json`);
    const [line = '', forHub = ''] = readFileSync(join(directory, name), 'utf8').split('\n');
    expect(JSON.parse(line)).toEqual(event);
    expect(JSON.parse(forHub)).toEqual({ for: 'https://hub.example.com by http' });
  });

  it('gives an event to one, until it is sent or released', () => {
    const event = anyEvent();
    outbox.put(event, hub);
    const waiting = onlyWaiting();
    const claimed = outbox.claim(waiting);
    expect(claimed?.event).toEqual(event);
    expect(outbox.claim(waiting)).toBeNull();
    expect(outbox.waiting()).toEqual([]);
    expect(outbox.countInHand()).toBe(1);
    // Also who would write it anew.
    expect(outbox.put(event, hub)).toBe(false);
    claimed?.release();
    outbox.claim(onlyWaiting())?.sent();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes an event back from who died with it, and from who has it by a clock that was set back', () => {
    outbox.put(anyEvent(), hub);
    outbox.claim(onlyWaiting());
    nowMs += CLAIM_MS - 1;
    expect(outbox.waiting()).toEqual([]);
    nowMs += 1;
    expect(outbox.claim(onlyWaiting())).not.toBeNull();
    nowMs -= DAY_MS;
    expect(outbox.claim(onlyWaiting())).not.toBeNull();
  });

  it('drops the oldest beyond a thousand, and counts it', () => {
    const events = Array.from({ length: MAX_WAITING + 3 }, (_, index) => anyEvent(nowMs - 10_000 + index));
    mkdirSync(directory, { recursive: true });
    for (const event of events) writeFileSync(join(directory, `${event.id}.json`), JSON.stringify(event));
    expect(outbox.trim()).toBe(3);
    expect(outbox.waiting().map(({ id }) => id)).toEqual(events.slice(3).map(({ id }) => id));
    expect(readDropCount(directory)).toMatchObject({ tooMany: 3, tooOld: 0, lastMs: expect.any(Number) });
  });

  it('drops what waited for more than 30 days, by its id or else by its file', () => {
    outbox.put(anyEvent(nowMs - MAX_AGE_MS - 1), hub);
    outbox.put(anyEvent(nowMs - MAX_AGE_MS + 1000), hub);
    outbox.put({ ...anyEvent(), id: 'no-uuid' }, hub);
    const long = (nowMs - MAX_AGE_MS - DAY_MS) / 1000;
    utimesSync(join(directory, `no-uuid.${hub.mark}.json`), long, long);
    expect(outbox.trim()).toBe(2);
    expect(outbox.waiting()).toHaveLength(1);
    expect(readDropCount(directory)).toMatchObject({ tooMany: 0, tooOld: 2 });
  });

  it('keeps what was refused apart, bounded too, until it is tried again', () => {
    const event = anyEvent();
    outbox.put(event, hub);
    outbox.claim(onlyWaiting())?.bury('http_403');
    expect(outbox.waiting()).toEqual([]);
    const [letter, ...others] = outbox.dead();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ id: event.id, mark: hub.mark, code: 'http_403' });
    if (letter === undefined) throw new Error('none is there');
    const again = outbox.claim(letter);
    expect(again?.event).toEqual(event);
    expect(outbox.dead()).toEqual([]);
    // Where it was.
    again?.release();
    expect(outbox.dead()).toEqual([letter]);
    outbox.claim(letter)?.sent();

    outbox.put(anyEvent(nowMs - MAX_AGE_MS - 1), hub);
    outbox.claim(onlyWaiting())?.bury('http_403');
    expect(outbox.trim()).toBe(1);
    expect(outbox.dead()).toEqual([]);
  });

  it('says of a file that holds no event that it holds none', () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'torn.json'), '{"specversion":"1.0","id":"to');
    expect(outbox.claim(onlyWaiting())?.event).toBeNull();
  });

  it('removes what a killed process left half-written, an hour later', () => {
    mkdirSync(directory, { recursive: true });
    const leftover = join(directory, '.some-event.tmp-0000');
    writeFileSync(leftover, '{');
    outbox.trim();
    expect(readdirSync(directory)).toHaveLength(1);
    nowMs += 2 * 60 * 60 * 1000;
    outbox.trim();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves files alone that are not its own', () => {
    mkdirSync(directory, { recursive: true });
    for (const name of ['notes.txt', 'retry-state', '.hidden']) writeFileSync(join(directory, name), '');
    outbox.trim();
    expect(outbox.waiting()).toEqual([]);
    expect(readdirSync(directory)).toHaveLength(3);
  });
});
