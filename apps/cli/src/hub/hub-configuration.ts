import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFields, userDirectory } from '@budget/core';
import type { HubConfiguration, ToolArguments } from '@budget/hub-client';

/** What the user's own configuration says of the hub. A file that is wrong turns the events off, and says why. */
export async function readHubConfiguration(environment: NodeJS.ProcessEnv): Promise<HubConfiguration> {
  const file = join(userDirectory('config', environment), 'budget', 'config.yaml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? {} : { fault: `${file} cannot be read (${code})` };
  }
  // Most users have no such file, and need not wait for the library.
  const { configurationDocument } = await import('./configuration-document.js');
  const document = configurationDocument(text);
  if ('wrongLine' in document) return { fault: `${file}:${document.wrongLine}: this is no YAML` };
  return hubConfigurationIn(document.value, file);
}

const TEXTS = ['url', 'transport', 'tool'] as const;

/** @param file for messages */
function hubConfigurationIn(document: unknown, file: string): HubConfiguration {
  const wrong = (what: string): HubConfiguration => ({ fault: `${file}: ${what}` });
  if (document === null || document === undefined) return {};
  if (!isFields(document)) return wrong('a configuration is a map, such as hub: { url: https://hub.example.com }');
  const hub = document['hub'] ?? {};
  if (!isFields(hub)) return wrong('hub is a map, such as { url: https://hub.example.com }');
  if ('token' in hub) return wrong('a token is not read from a file; set BUDGET_HUB_TOKEN, and take hub.token out');
  for (const key of TEXTS)
    if (hub[key] !== undefined && typeof hub[key] !== 'string') return wrong(`hub.${key} is a text`);
  const { disabled, arguments: given } = hub;
  if (disabled !== undefined && typeof disabled !== 'boolean') return wrong('hub.disabled is true or false');
  if (given !== undefined && !isToolArguments(given)) return wrong('hub.arguments is a path, or a map of paths');
  const unknown = Object.keys(hub).find((key) => ![...TEXTS, 'disabled', 'arguments'].includes(key));
  if (unknown !== undefined) return wrong(`hub.${unknown} is not known`);
  const [url, transport, tool] = TEXTS.map((key) => hub[key] as string | undefined);
  return { disabled, url, transport, tool, arguments: given };
}

function isToolArguments(given: unknown): given is ToolArguments {
  return (
    typeof given === 'string' || (isFields(given) && Object.values(given).every((path) => typeof path === 'string'))
  );
}
