#!/usr/bin/env node
import { version } from '../package.json';

const arguments_ = process.argv.slice(2);
const ENVIRONMENT_EXIT_CODE = 5;

// Whoever reads our output may stop early (`budget list | head`); that is no fault of anybody's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`budget: error: the output cannot be written: ${error.message}\n`);
  process.exit(ENVIRONMENT_EXIT_CODE);
});

if (arguments_.length === 1 && (arguments_[0] === '--version' || arguments_[0] === '-V')) {
  // Answered before anything else is loaded: scripts ask for it often.
  process.stdout.write(`${version}\n`);
} else {
  const { runCli } = await import('./cli.js');
  process.exitCode = await runCli(arguments_, {
    version,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    directory: process.cwd(),
  });
}
