import { changeEventData, splitEvents } from './event-text.mjs';
import { operationOf } from './providers.mjs';

/** @import { Exchange, UsageEdit } from './index.mjs' */

const USAGE_FIELDS = new Set(['usage', 'usageMetadata', 'usage_metadata']);
const MAX_DEPTH = 6;

/** Providers that leave the usage out of a chat stream unless they are asked. The others tell it in any case. */
const TELL_USAGE_WHEN_ASKED = new Set(['openai', 'azure']);

/**
 * @param {Exchange} exchange
 * @returns {UsageEdit}
 */
export function usualUsage({ provider, isStream, path }) {
  const isChatStream = isStream && operationOf(path) === 'chat/completions';
  return isChatStream && TELL_USAGE_WHEN_ASKED.has(provider) ? 'as-asked' : 'as-recorded';
}

/**
 * @param {Buffer} body
 * @param {object} options
 * @param {boolean} options.isStream
 * @param {UsageEdit} options.edit
 * @param {any} options.request The body of the request as parsed.
 * @returns {Buffer}
 */
export function editUsage(body, { isStream, edit, request }) {
  if (edit === 'as-recorded') return body;
  if (edit === 'as-asked' && (!isStream || request?.stream_options?.include_usage === true)) return body;
  const change = typeof edit === 'object' ? replacing(edit.value) : leavingOut;
  if (!isStream) return Buffer.from(JSON.stringify(change(JSON.parse(body.toString('utf8')))));
  const events = splitEvents(body).map((event) => changeEventData(event, change));
  return Buffer.concat(events.filter((event) => event !== null));
}

/** @param {any} data */
function leavingOut(data) {
  // OpenAI's last chunk has nothing but the usage, so it goes altogether.
  if (Array.isArray(data.choices) && data.choices.length === 0 && data.usage) return null;
  return changeUsage(data, () => undefined);
}

/** @param {unknown} value */
const replacing = (value) => (/** @type {any} */ data) =>
  // A null in a chunk says that no usage is known yet, and stays.
  changeUsage(data, (usage) => (usage === null ? usage : value));

/**
 * @param {any} value
 * @param {(usage: unknown) => unknown} change Undefined leaves the field out.
 * @returns {any} The value itself where nothing changed.
 */
function changeUsage(value, change, depth = 0) {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > MAX_DEPTH) return value;
  let isChanged = false;
  /** @type {[string, unknown][]} */
  const fields = [];
  for (const [name, field] of Object.entries(value)) {
    const after = USAGE_FIELDS.has(name) ? change(field) : changeUsage(field, change, depth + 1);
    if (after !== field) isChanged = true;
    if (after !== undefined) fields.push([name, after]);
  }
  return isChanged ? Object.fromEntries(fields) : value;
}
