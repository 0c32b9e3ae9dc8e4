import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));

/** Options of Node that load one of `programs` first. */
export const preload = (name: string): readonly string[] => [
  '--import',
  fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url)),
];

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real command in a process of its own, as a shell would start it. */
export async function budget(
  arguments_: readonly string[],
  options: { cwd?: string; input?: string; node?: readonly string[]; env?: Record<string, string>; bin?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [...(options.node ?? []), options.bin ?? bin, ...arguments_], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  child.stdin.end(options.input ?? '');
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** As `budget`, for a command that must succeed and prints JSON. */
export async function budgetJson(
  arguments_: readonly string[],
  options: Parameters<typeof budget>[1] = {},
): Promise<unknown> {
  const { code, stdout, stderr } = await budget(arguments_, options);
  if (code !== 0) throw new Error(`budget ${arguments_.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
