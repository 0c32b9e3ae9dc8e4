import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFields, parsedJson } from '@budget/core';
import { makeDirectory, textOf } from './outbox-files.js';
import type { McpDialect } from './transports/mcp-session.js';

const file = (stateDirectory: string): string => join(stateDirectory, 'hub-dialect.json');

/** How the MCP server at this address wants to be talked to, as far as `examineHub` has found out; else the simpler way. */
export function knownDialect(stateDirectory: string, url: string): McpDialect {
  const read = parsedJson(textOf(file(stateDirectory)));
  return isFields(read) && read['url'] === url && read['dialect'] === 'handshake' ? 'handshake' : 'stateless';
}

/** @throws what the system says */
export function rememberDialect(stateDirectory: string, url: string, dialect: McpDialect): void {
  makeDirectory(stateDirectory);
  const temporary = join(stateDirectory, `.hub-dialect.tmp-${randomUUID()}`);
  writeFileSync(temporary, `${JSON.stringify({ url, dialect })}\n`, { mode: 0o600 });
  renameSync(temporary, file(stateDirectory));
}
