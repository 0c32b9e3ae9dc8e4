import { once } from 'node:events';

const BYTES_PER_KIB = 1024;
const MICROSECONDS_PER_MS = 1000;

/** The other end of `startServer`: says where it listens, answers what it is asked, and ends with its parent. */
export async function serve(server, answers = {}) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  answerParent(`http://127.0.0.1:${server.address().port}`, answers);
}

/** `answers` are functions by the name of a question; what it needs is always answered. */
export function answerParent(url, answers) {
  process.on('message', async (question) => {
    process.send(await { resources, ...answers }[question]());
  });
  process.on('disconnect', () => process.exit());
  process.send({ url });
}

function resources() {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpuMs = (userCPUTime + systemCPUTime) / MICROSECONDS_PER_MS;
  return { rssBytes: process.memoryUsage.rss(), peakBytes: maxRSS * BYTES_PER_KIB, cpuMs };
}
