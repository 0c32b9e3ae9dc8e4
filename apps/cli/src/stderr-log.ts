import { printable } from './render/printable.js';

type Log = (level: 'warning' | 'error', message: string, data?: Readonly<Record<string, unknown>>) => void;

/** Lines for people, or one JSON object a line for programs. */
export function stderrLog(stderr: NodeJS.WritableStream, format: 'text' | 'json'): Log {
  return (level, message, data = {}) => {
    const line =
      format === 'json' ? JSON.stringify({ level, message, ...data }) : `budget: ${level}: ${printable(message)}`;
    stderr.write(`${line}\n`);
  };
}
