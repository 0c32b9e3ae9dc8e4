// Posts as many bytes as an event has to where a hub is, by `node:http` and with no care for what may go wrong.
const EVENT_BYTES = 900;

// An `import` would load more of it than is needed.
const { request } = process.getBuiltinModule('node:http');
const body = JSON.stringify({ filling: ' '.repeat(EVENT_BYTES) });
await new Promise((resolve, reject) => {
  const headers = { 'content-type': 'application/cloudevents+json', 'content-length': body.length };
  const outgoing = request(process.argv[2], { method: 'POST', headers }, (answer) => {
    answer.resume();
    answer.on('end', resolve);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
});
