import { budget } from './budget-command.mjs';
import { makeInfospace, write } from './infospace.mjs';
import { runRecordText } from './records.mjs';

const REMEMBERED = 15;

/** How long commands usually take that nobody kills: measured first, and followed as files and load grow. */
export async function durations(home) {
  const place = makeInfospace(home);
  const last_ms = [];
  const add = (duration_ms) => {
    last_ms.push(duration_ms);
    if (last_ms.length > REMEMBERED) last_ms.shift();
  };
  for (let number = 1; number <= 3; number++) {
    const id = `measured-${number}`;
    write(place.recordFile(id), runRecordText(id, 10));
    add((await budget('run', 'record', place.infospace, '--runs', place.recordFile(id))).duration_ms);
  }
  return { add, usual: () => [...last_ms].sort((a, b) => a - b)[Math.floor(last_ms.length / 2)] };
}
