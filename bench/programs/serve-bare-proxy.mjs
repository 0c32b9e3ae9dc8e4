// The least that a proxy does: what comes in goes out, and what comes back goes back.
//
//   node serve-bare-proxy.mjs <url of the provider>
import { Agent, createServer, request as send } from 'node:http';
import { serve } from '../lib/metering/serving.mjs';

const { hostname, port } = new URL(process.argv[2]);
const agent = new Agent({ keepAlive: true });

await serve(
  createServer((request, response) => {
    const { method, url: path, headers } = request;
    const outgoing = send({ hostname, port, method, path, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    request.pipe(outgoing);
  }),
);
