import type { HubFinding, HubStatus } from '@budget/hub-client';
import { type CommandResult, text } from '../command-result.js';
import { exitCodes } from '../exit-code.js';
import { hubToExamine, isDisabledHere, openHub } from '../hub/open-hub.js';
import { counted, countText } from '../render/amounts.js';
import type { Terminal } from '../terminal.js';

/** Which hub gets the events, and how the outbox stands. Nothing is sent. */
export async function hubStatus(terminal: Terminal): Promise<CommandResult> {
  const client = await openHub(terminal, await isDisabledHere(terminal.directory));
  const status = client.status();
  const events = client.disabled === null ? 'on' : `off: ${client.disabled.reason}`;
  return {
    value: {
      enabled: client.disabled === null,
      reason: client.disabled?.reason ?? null,
      outbox: status.outbox,
      waiting: status.waiting,
      elsewhere: status.elsewhere,
      oldest_waiting: status.oldestWaiting,
      in_hand: status.inHand,
      dead: status.dead,
      dropped: {
        too_many: status.dropped.tooMany,
        too_old: status.dropped.tooOld,
        last_at: status.dropped.lastAt,
      },
      failures: status.failures,
      last_failure: status.lastFailure,
      paused_until: status.pausedUntil,
      fault: status.fault,
    },
    view: () => [{ kind: 'fields', fields: [['events', events], ...statusFields(status)] }],
    exitCode: status.fault === null ? 0 : exitCodes.environment,
  };
}

function statusFields(status: HubStatus): (readonly [string, string])[] {
  const { dropped, dead } = status;
  const since = status.oldestWaiting === null ? '' : `, the oldest since ${status.oldestWaiting}`;
  const codes = [...new Set(dead.map(({ code }) => code))].join(', ');
  const reasons = `${countText(dropped.tooMany)} beyond the 1,000 that may wait, ${countText(dropped.tooOld)} older than 30 days`;
  return [
    ['waiting', `${countText(status.waiting)}${since}`],
    ...status.elsewhere.map(({ hub, waiting }) => ['elsewhere', `${countText(waiting)} of them for ${hub}`] as const),
    ...(status.inHand === 0 ? [] : [['being sent', countText(status.inHand)] as const]),
    [
      'refused',
      dead.length === 0 ? 'none' : `${countText(dead.length)} (${codes}); \`budget hub flush --dead\` tries again`,
    ],
    ['dropped', dropped.lastAt === null ? 'none' : `${reasons}; the last at ${dropped.lastAt}`],
    ...(status.lastFailure === null
      ? []
      : [['last failure', `${status.lastFailure} (${counted(status.failures, 'attempt')} in a row)`] as const]),
    ...(status.pausedUntil === null ? [] : [['next attempt', `from ${status.pausedUntil} on`] as const]),
    ['outbox', status.fault ?? status.outbox],
  ];
}

/**
 * Sends what waits, or says why not; nothing where the project that one stands in turns its events off. Exit code 5 where
 * something was refused, waits on after a failed attempt, or could not be tried.
 */
export async function hubFlush(options: { readonly dead?: boolean }, terminal: Terminal): Promise<CommandResult> {
  const client = await openHub(terminal, await isDisabledHere(terminal.directory));
  const report = await client.flush({ dead: options.dead });
  const { sent, buried, failed, reason, notTried, waiting, waitingElsewhere, inHand } = report;
  const sentences = [
    notTried === null ? `Sent ${counted(sent, 'event')}.` : `Nothing was tried: ${notTried}.`,
    ...(buried === 0 ? [] : [`The hub refused ${counted(buried, 'event')} for good.`]),
    ...(reason === null ? [] : [`The last that was not taken: ${reason}.`]),
    ...(waiting > 0 ? [`${counted(waiting, 'event')} waiting.`] : inHand > 0 ? [] : ['None waits.']),
    ...(inHand === 0
      ? []
      : [`Another process has ${counted(inHand, 'event')} in hand; if it was killed, try again in 15 seconds.`]),
    ...(waitingElsewhere === 0
      ? []
      : [`Waiting for another hub: ${countText(waitingElsewhere)}; \`budget hub status\` says for which.`]),
  ];
  const isOff = client.disabled !== null && !client.disabled.isMistake;
  return {
    value: {
      sent,
      refused: buried,
      failed,
      reason,
      not_tried: notTried,
      waiting,
      waiting_elsewhere: waitingElsewhere,
      in_hand: inHand,
    },
    view: () => [text(sentences.join(' '))],
    exitCode: isOff || (failed + buried === 0 && notTried === null) ? 0 : exitCodes.environment,
  };
}

/** What stands between the events and the hub. Exit code 5 where something does. */
export async function hubDoctor(terminal: Terminal): Promise<CommandResult> {
  const { examineHub } = await import('@budget/hub-client');
  const findings: readonly HubFinding[] = await examineHub(await hubToExamine(terminal));
  return {
    value: { findings },
    view: () => [
      {
        kind: 'table',
        columns: [{ name: 'state' }, { name: 'what' }, { name: 'message' }],
        rows: findings.map(({ state, what, message }) => [state, what, message]),
      },
    ],
    exitCode: findings.some(({ state }) => state === 'broken') ? exitCodes.environment : 0,
  };
}
