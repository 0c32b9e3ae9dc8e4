import { type Fields, isFields, systemClock } from '@budget/core';
import type { TokenEvent } from '../token-event.js';
import type { TransportParts } from './http-events.js';
import { mcpAnswer, mcpError } from './mcp-answer.js';
import { type McpDialect, mcpSession } from './mcp-session.js';
import { notAHub, outcomeOfStatus } from './outcome-of-answer.js';
import type { HubAnswer } from './send-request.js';
import { toolArguments } from './tool-arguments.js';
import { failed, type Outcome, type Transport } from './transport.js';

export interface McpParts extends TransportParts {
  readonly dialect: McpDialect;
}

/** JSON-RPC: there is no such method, or its parameters do not fit. */
const REFUSALS_OF_CALL = [-32601, -32602];
/** The request is none. With 400 or 404 servers in Python say so to whom has no session, or one that they do not know. */
const INVALID_REQUEST = -32600;
/** What other servers that keep sessions say to whom has none. */
const NO_SESSION = -32000;

/** One event, one call of the hub's tool: a single POST, unless the server is known to want a handshake. */
export function mcpEvents({ settings, requester, dialect, clock = systemClock }: McpParts): Transport {
  let session = mcpSession(settings, requester, dialect);
  let hasTaken = false;

  async function call(event: TokenEvent, signal: AbortSignal): Promise<Outcome> {
    const parameters = { name: settings.tool, arguments: toolArguments(settings.arguments, event) };
    const { id, answer } = await session.ask('tools/call', parameters, signal);
    const outcome = answer.status === 200 ? outcomeOfCall(answer, id) : outcomeOfError(answer, clock.nowMs());
    // What comes next begins another.
    if (outcome.kind === 'failed') session = mcpSession(settings, requester, dialect);
    return outcome;
  }

  return {
    async send(event, signal) {
      const outcome = await call(event, signal);
      // A server that was started anew knows nothing of a session in which it has taken events.
      const isLost = hasTaken && outcome === wantsAnotherWay;
      hasTaken = outcome.kind === 'accepted';
      return isLost ? await call(event, signal) : outcome;
    },
    async close(signal) {
      // Whether it heard it makes no difference here.
      await session.end(signal).catch(() => {});
      requester.close();
    },
  };
}

function outcomeOfCall({ text, isTooLong }: HubAnswer, id: string): Outcome {
  const answer = isTooLong ? null : mcpAnswer(text, id);
  if (answer === null) return notAHub;
  if ('error' in answer) return outcomeOfCode(answer.error.code);
  if (answer.result['isError'] !== true) return { kind: 'accepted' };
  // Servers by the official SDK say so when the arguments do not fit the tool, or there is no such tool.
  const code = /^MCP error (-\d+)/.exec(firstText(answer.result))?.[1];
  return code === undefined ? failed("the hub's tool failed", null, false) : outcomeOfCode(Number(code));
}

function outcomeOfCode(code: number): Outcome {
  if (code !== INVALID_REQUEST && !REFUSALS_OF_CALL.includes(code))
    return failed(`the hub answered with error ${code}`, null, false);
  const reason = `the hub refused the call of its tool (error ${code}): look at the tool's name and arguments`;
  return { kind: 'refused', code: `mcp_${-code}`, reason, isAboutHub: true };
}

const wantsAnotherWay = failed('the hub wants another way of talking: `budget hub doctor` finds out which');

function outcomeOfError(answer: HubAnswer, nowMs: number): Outcome {
  const error = mcpError(answer);
  const wantsSession = [400, 404].includes(answer.status) && error !== null && !REFUSALS_OF_CALL.includes(error.code);
  if (wantsSession || error?.code === NO_SESSION) return wantsAnotherWay;
  return outcomeOfStatus(answer, nowMs);
}

function firstText(result: Fields): string {
  const content = Array.isArray(result['content']) ? result['content'] : [];
  const [first] = content;
  return isFields(first) && typeof first['text'] === 'string' ? first['text'] : '';
}
