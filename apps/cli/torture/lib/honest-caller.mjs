import { Agent, request } from 'node:http';

/** Reserves and settles like any program, on a connection that it keeps, and counts what was acknowledged. */
export function honestCaller({ url, caller, random, findings }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const counts = { settled: 0, held: 0, refused: 0, answers: 0 };
  let call = 0;

  async function post(path, body, ...expected) {
    const answer = await send(`${url}${path}`, agent, body);
    counts.answers += 1;
    findings.expect(expected.includes(answer.status), () => `${path}: ${answer.status} ${answer.text}`);
    return answer.status;
  }

  return {
    counts,
    async once() {
      call += 1;
      const id = `${caller}-${call}`;
      const tokens = random.integer(1, 9);
      const status = await post(
        '/reservations',
        { id, scopes: [`run:${caller}`, 'org'], amounts: { tokens } },
        201,
        402,
      );
      if (status === 402) counts.refused += 1;
      if (status !== 201) return;
      if (random.chance(0.1)) {
        await post(`/reservations/${id}/release`, undefined, 200);
        return;
      }
      if (random.chance(0.5)) await post(`/reservations/${id}/sent`, undefined, 200);
      const used = random.integer(0, tokens);
      await post(`/reservations/${id}/settle`, { amounts: { tokens: used } }, 200);
      counts.settled += used;
      // Said again, as after an answer that was lost.
      if (random.chance(0.1)) await post(`/reservations/${id}/settle`, { amounts: { tokens: used } }, 200);
    },
    end: () => agent.destroy(),
  };
}

function send(url, agent, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request(
      url,
      { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': text.length } },
      (answer) => {
        let received = '';
        answer.on('data', (chunk) => (received += chunk));
        answer.on('end', () => resolve({ status: answer.statusCode, text: received }));
        answer.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}
