// A hub of each kind. Prints their addresses, and ends with its standard input.
import { startReplay } from '@budget/replay';
import { badHubs, startBadHub } from '@budget/replay/hubs';

const well = await startReplay({ answer: { status: 202, body: { accepted: 1 } } });
const bad = await Promise.all(badHubs.map(async (name) => ({ name, ...(await startBadHub(name)) })));
const hubs = [{ name: 'is well', url: new URL(well.urlOf('hub')).origin }, ...bad];
console.log(JSON.stringify(hubs.map(({ name, url }) => ({ name, url }))));
process.stdin.resume().on('end', async () => {
  await Promise.all([well, ...bad].map((hub) => hub.close()));
  process.exit();
});
