// The least that a hub does: takes each event once by its source and id, and has it on disk before it says so.
//   node stand-in-hub.mjs --port <number> --file <path>
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string' }, file: { type: 'string' } } });
const known = new Set();
if (existsSync(values.file)) {
  // What a kill left without its end was never acknowledged.
  for (const line of readFileSync(values.file, 'utf8').split('\n').slice(0, -1))
    if (isEvent(line)) known.add(keyOf(line));
}
const descriptor = openSync(values.file, 'a');
process.on('exit', () => closeSync(descriptor));

createServer(async (request, response) => {
  const answer = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'GET') return answer(200, { events: known.size });
  let line = '';
  for await (const chunk of request) line += chunk;
  if (!isEvent(line)) return answer(422, {});
  const isNew = !known.has(keyOf(line));
  if (isNew) {
    known.add(keyOf(line));
    // An empty line ends one that a kill has cut.
    writeSync(descriptor, `\n${line}\n`);
    fsyncSync(descriptor);
  }
  answer(202, { accepted: isNew ? 1 : 0, duplicates: isNew ? 0 : 1 });
}).listen(Number(values.port), '127.0.0.1');

function isEvent(text) {
  try {
    const { source, id } = JSON.parse(text);
    return typeof source === 'string' && typeof id === 'string';
  } catch {
    return false;
  }
}

function keyOf(text) {
  const { source, id } = JSON.parse(text);
  return `${source} ${id}`;
}
