import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python } from './pyyaml.js';

/** A Python that stays: starting one takes longer than most questions. */
export interface PythonChild {
  /** One question, one answer, in turn. Rejects when Python could not answer or has ended. */
  ask<Answer>(question: object): Promise<Answer>;
  end(): void;
}

/** @param script beside this file; it reads one JSON value a line and answers with one. */
export function pythonChild(script: string): PythonChild {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(python as string, [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { error?: string };
    const { resolve, reject } = waiting.shift() ?? {};
    if (answer.error === undefined) resolve?.(answer);
    else reject?.(new Error(answer.error));
  });
  child.on('close', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`Python ended with ${code}`));
  });
  return {
    ask: async <Answer>(question: object) =>
      await new Promise<Answer>((resolve, reject) => {
        waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    end: () => child.stdin.end(),
  };
}
