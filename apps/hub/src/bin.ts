#!/usr/bin/env node
import { version } from '../package.json';
import { runHubCommand } from './hub-command.js';

process.exitCode = await runHubCommand(process.argv.slice(2), {
  version,
  environment: process.env,
  directory: process.cwd(),
  write: (text) => process.stdout.write(text),
  log: (line) => process.stderr.write(`budget-hub: ${line}\n`),
});
