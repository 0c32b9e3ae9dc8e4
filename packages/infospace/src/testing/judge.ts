import { CodedError } from '@budget/core';
import { expect } from 'vitest';
import { type Command, commands } from './commands.js';
import { type Tree, treeOf } from './tree.js';

/** What came of a command that met a bad file. */
export interface Verdict {
  /** The message with which it refused; `null` when it succeeded. */
  readonly refusal: string | null;
  readonly result: unknown;
  readonly before: Tree;
  readonly after: Tree;
}

const ownNames = (value: object): string => Reflect.ownKeys(value).map(String).join(' ');
const untouched = [Object.prototype, Array.prototype, Function.prototype].map(ownNames);

// What only a programmer understands. `undefined` and `[object Object]` come of values that nobody expected.
// Behind a point they may be a name that stands in the file.
const JARGON =
  /\n\s+at |\b(?:Type|Range|Syntax|Reference)Error|call stack|Invalid input|(?<!\.)\bundefined\b|\[object|(?<!\.)\bNaN\b/;
// What would end the line or steer the terminal.
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const WHAT_TO_DO = /\b(?:mend|upgrade|move|remove|archive|check|is a map with|there is no such file)\b/i;
const MAX_MESSAGE_LENGTH = 5000;

/**
 * Runs a command and demands what every command promises, whatever is in a file: it succeeds, or refuses with one
 * message that names the file and says what to do, and then nothing has changed on disk. Any other error passes through.
 *
 * @param file a part of the path of the bad file.
 * @param environment whether the fault is the disk's, such as links that lead in a circle.
 */
export async function judge(
  command: Command,
  workspace: string,
  { file, environment = false }: { file: string; environment?: boolean },
): Promise<Verdict> {
  const before = treeOf(workspace);
  try {
    const result = await commands[command](workspace);
    return { refusal: null, result, before, after: treeOf(workspace) };
  } catch (error) {
    if (!CodedError.isInstance(error)) throw error;
    const { code, kind, message } = error;
    const after = treeOf(workspace);
    expect(after, `${command} changed something and refused: ${message.slice(0, 1000)}`).toEqual(before);
    expect(environment ? ['input', 'usage', 'environment'] : ['input', 'usage'], message.slice(0, 1000)).toContain(
      kind,
    );
    expectClear(message, file, code === 'file_invalid');
    return { refusal: message, result: null, before, after };
  } finally {
    expect([Object.prototype, Array.prototype, Function.prototype].map(ownNames)).toEqual(untouched);
  }
}

/** One sentence or two about one file; of a file that people edit, every problem on a line of its own. */
export function expectClear(message: string, file: string, saysWhatIsAllowed = false): void {
  expect(message.length, message.slice(0, 1000)).toBeLessThan(MAX_MESSAGE_LENGTH);
  expect(message).toContain(file);
  expect(message).not.toMatch(JARGON);
  if (!saysWhatIsAllowed) expect(message).toMatch(WHAT_TO_DO);
  for (const line of message.split('\n')) {
    expect(line).toContain(file);
    expect(line).not.toMatch(CONTROL);
  }
}
