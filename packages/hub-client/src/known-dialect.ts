import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFields, parsedJson } from '@budget/core';
import { destinationOf } from './destination.js';
import { makeDirectory, textOf } from './outbox-files.js';
import type { McpDialect } from './transports/mcp-session.js';

/** One for each server, so that what is found out about one does not replace what is known of another. */
const file = (stateDirectory: string, url: string): string =>
  join(stateDirectory, `hub-dialect.${destinationOf({ url, transport: 'mcp' }).mark}.json`);

/** Of an earlier version, which knew one server. */
const earlierFile = (stateDirectory: string): string => join(stateDirectory, 'hub-dialect.json');

/** How the MCP server at this address wants to be talked to, as far as `examineHub` has found out; else the simpler way. */
export function knownDialect(stateDirectory: string, url: string): McpDialect {
  const text = textOf(file(stateDirectory, url)) || textOf(earlierFile(stateDirectory));
  const read = parsedJson(text);
  return isFields(read) && read['url'] === url && read['dialect'] === 'handshake' ? 'handshake' : 'stateless';
}

/** @throws what the system says */
export function rememberDialect(stateDirectory: string, url: string, dialect: McpDialect): void {
  makeDirectory(stateDirectory);
  const temporary = join(stateDirectory, `.hub-dialect.tmp-${randomUUID()}`);
  writeFileSync(temporary, `${JSON.stringify({ url, dialect })}\n`, { mode: 0o600 });
  renameSync(temporary, file(stateDirectory, url));
}
