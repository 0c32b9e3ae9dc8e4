import { printable } from './render/printable.js';

export type Log = (
  level: 'note' | 'warning' | 'error',
  message: string,
  data?: Readonly<Record<string, unknown>>,
) => void;

/** Lines for people, or one JSON object a line for programs. */
export function stderrLog(stderr: NodeJS.WritableStream, format: 'text' | 'json'): Log {
  return (level, message, data = {}) => {
    const text = `budget: ${level === 'note' ? '' : `${level}: `}${printable(message)}`;
    stderr.write(`${format === 'json' ? JSON.stringify({ level, message, ...data }) : text}\n`);
  };
}
