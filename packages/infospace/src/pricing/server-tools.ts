import { type Fields, field, isFields, text } from '@budget/core';

/**
 * The tools of a request, in the words of any provider's API.
 *
 * @returns what of them the provider runs and may charge for, by the name that the request gives it
 */
export function serverTools(body: Fields): string[] {
  const plugins = list(body['plugins']).map((each) => text(field(each, 'id')));
  const options = Object.keys(body).filter((key) => SERVER_OPTION.test(key));
  const named = [...toolsOf(body).flatMap(serverNames), ...options, ...plugins];
  return [...new Set(named)].filter((name) => name !== null);
}

/** Everything in its lists of tools; Bedrock's stand one level deeper. */
export function toolsOf(body: Fields): readonly unknown[] {
  return [...list(body['tools']), ...list(field(body['toolConfig'], 'tools'))];
}

/**
 * What the program itself runs is known by its form; whatever else there is, providers run, and think of more every month.
 * OpenAI and Anthropic name such a tool by its type, Google and Bedrock by its key.
 */
function serverNames(tool: unknown): (string | null)[] {
  if (!isFields(tool)) return [text(tool) ?? 'tools'];
  const type = text(tool['type']);
  if (type !== null) return CLIENT_TYPE.test(type) ? [] : [type];
  const keys = Object.keys(tool);
  return keys.some((key) => OWN_KEYS.has(key)) ? [] : keys.filter((key) => !LIST_KEYS.has(key));
}

/**
 * Anthropic's with a date have a schema of its own and are run by the program:
 * https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview. So are the others, of OpenAI's responses.
 */
const CLIENT_TYPE = /^(?:function|custom|local_shell|apply_patch|(?:bash|text_editor|computer|memory)_\d{8})$/;

const OWN_KEYS: ReadonlySet<string> = new Set([
  ...['name', 'function', 'input_schema', 'parameters', 'parameter_definitions'],
]);

/** Of Google, whose other tools may stand beside it, and of Bedrock. */
const LIST_KEYS: ReadonlySet<string> = new Set([
  ...['functionDeclarations', 'function_declarations', 'toolSpec', 'cachePoint'],
]);

/** OpenAI's chat, xAI and others have options beside the tools, Anthropic has servers. */
const SERVER_OPTION =
  /web_?search|web_?fetch|google_?search|file_?search|code_?(?:interpreter|execution)|image_generation|^mcp|^search_parameters$/i;

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
