import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python, type Spelled } from './pyyaml.js';

/** One PyYAML process that answers again and again; the list of entries is under `key`. */
export interface PythonSession {
  /** A hash of each entry as PyYAML reads it. */
  digests(text: string, key: string): Promise<string[]>;
  /** What the earlier tool makes of a file by adding an entry, and the hashes of those before it. */
  add(entry: Spelled, text: string, key: string): Promise<{ readonly text: string; readonly digests: string[] }>;
  stop(): void;
}

export function startPython(): PythonSession {
  const script = fileURLToPath(new URL('./pyyaml.py', import.meta.url));
  const child = spawn(python as string, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<{ digests: string[]; text: string }> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    const answer = done === true ? { error: 'PyYAML ended' } : JSON.parse(value);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  return {
    digests: async (text, key) => (await ask({ digests: text, key })).digests,
    add: async (entry, text, key) => await ask({ add: entry, to: text, key }),
    stop: () => child.stdin.end(),
  };
}
