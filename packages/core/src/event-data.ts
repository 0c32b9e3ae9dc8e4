/** The data of one event of an event stream: its `data` lines, each without the blank after the colon. */
export function eventData(event: string): string {
  if (event.startsWith('data:') && !event.includes('\n')) return withoutName(event);
  return event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map(withoutName)
    .join('\n');
}

function withoutName(line: string): string {
  return line.slice(line[5] === ' ' ? 6 : 5);
}

/** Comments keep a connection alive and say nothing, so a stream may break off in one without losing anything. */
export function withoutComments(event: string): string {
  return event
    .split('\n')
    .filter((line) => !line.startsWith(':'))
    .join('\n');
}

/** The data of the event after which an event stream of OpenAI's dialect ends. It is no JSON. */
export const DONE = '[DONE]';
