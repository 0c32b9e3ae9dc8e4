#!/usr/bin/env node
import { version } from '../package.json';

const arguments_ = process.argv.slice(2);
const ENVIRONMENT_EXIT_CODE = 5;
/** As `exec` ends where it could not run the program. */
const EXEC_FAILED = 125;
const INTERNAL_EXIT_CODE = 1;
/** The options before a command that take the next word. */
const takesWord: ReadonlySet<string> = new Set(['--format', '--log-format']);
/** As Node ends a program that waits for what nothing that is left can bring. */
const WAITS_IN_VAIN = 13;

// Whoever reads our output may stop early (`budget list | head`); that is no fault of anybody's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`budget: error: the output cannot be written: ${error.message}\n`);
  process.exit(ENVIRONMENT_EXIT_CODE);
});
// What we say beside it may be lost, with a full disk or a terminal that is gone; what is under way must not be.
process.stderr.on('error', () => {});

if (arguments_.length === 1 && (arguments_[0] === '--version' || arguments_[0] === '-V')) {
  // Answered before anything else is loaded: scripts ask for it often.
  process.stdout.write(`${version}\n`);
} else {
  process.once('exit', tellWaitInVain);
  const { runCli } = await import('./cli.js');
  const code = await runCli(arguments_, {
    version,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    directory: currentDirectory(),
  });
  process.off('exit', tellWaitInVain);
  process.exitCode = code;
}

/** Else a fault of ours would end a run without a word. */
function tellWaitInVain(): void {
  if (process.exitCode !== WAITS_IN_VAIN) return;
  process.stderr.write(
    'budget: error: This is a fault of budget itself, not yours: it waited for what never came, and did not finish. Please report it.\n',
  );
  process.exitCode = isExec() ? EXEC_FAILED : INTERNAL_EXIT_CODE;
}

function isExec(): boolean {
  const isWord = (argument: string, index: number): boolean =>
    !argument.startsWith('-') && !takesWord.has(arguments_[index - 1] ?? '');
  return arguments_.find(isWord) === 'exec';
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.stderr.write('budget: error: The current directory is gone. Change into one that is there.\n');
    process.exit(isExec() ? EXEC_FAILED : ENVIRONMENT_EXIT_CODE);
  }
}
