import { describe, expect, it } from 'vitest';
import { isoTime } from './clock.js';
import { CodedError } from './coded-error.js';
import { uuidv7 } from './ids.js';
import { snakeKeys } from './snake-keys.js';

const clock = { nowMs: () => 0x0190_1234_5678 };

describe('a UUIDv7', () => {
  it('carries the time, the version and the variant, and sorts by time', () => {
    const id = uuidv7(clock);
    expect(id).toMatch(/^01901234-5678-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidv7({ nowMs: () => clock.nowMs() + 1 }) > id).toBe(true);
  });

  it('never comes twice', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(clock))).size).toBe(10_000);
  });

  it('refuses a clock that tells no time', () => {
    expect(() => uuidv7({ nowMs: () => Number.NaN })).toThrow(RangeError);
  });
});

describe('a coded error', () => {
  const error = new CodedError({ code: 'file_corrupt', kind: 'input', message: 'Broken.', file: 'a.yaml', line: 3 });

  it('is told by isInstance, also when another copy of the class made it', () => {
    const foreign = { [Symbol.for('@budget/coded-error')]: true };
    expect(CodedError.isInstance(error)).toBe(true);
    expect(CodedError.isInstance(foreign)).toBe(true);
    expect(CodedError.isInstance(new Error('Broken.'))).toBe(false);
    expect(CodedError.isInstance(null)).toBe(false);
  });

  it('keeps its data and its cause', () => {
    const cause = new Error('below');
    expect(error).toMatchObject({ code: 'file_corrupt', kind: 'input', file: 'a.yaml', line: 3 });
    expect(new CodedError({ code: 'x', kind: 'internal', message: 'y', cause }).cause).toBe(cause);
  });
});

it('names on disk are snake_case, one level deep', () => {
  expect(snakeKeys({ promptTokens: 1, perWorkflow: { keptAsGiven: 2 }, run_id: 3 })).toEqual({
    prompt_tokens: 1,
    per_workflow: { keptAsGiven: 2 },
    run_id: 3,
  });
});

it('a time is shown in UTC with milliseconds', () => {
  expect(isoTime({ nowMs: () => 0 })).toBe('1970-01-01T00:00:00.000Z');
});
