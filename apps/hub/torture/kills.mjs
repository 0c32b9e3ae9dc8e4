#!/usr/bin/env node
/**
 * Kills a hub (SIGKILL) at random moments and starts it again on the same database, while senders post events, alone and in
 * batches, over HTTP and MCP, many of them several times. Who gets no answer sends the same again. Ends with 1 when an event
 * that was acknowledged is missing or there twice, when an event was accepted twice, or when a sum differs.
 *
 *   node torture/kills.mjs [--store sqlite] [--events 5000] [--senders 6] [--answers 80] [--pause 50] [--seed 1]
 *     [--directory /tmp] [--keep]
 *
 * --store    `sqlite`: one file. `postgres`: a server that the script starts, and does not kill.
 * --events   In all. About a fifth of the requests send events that were acknowledged before.
 * --answers  It is killed after so many at most,
 * --pause    and so many milliseconds at most.
 * --seed     Repeats what is chosen here; what the system's scheduler does cannot be repeated.
 * --keep     Leaves the database where it is, as it does after a violation.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Findings, print, randomFrom, readOptions } from '@budget/test-tools';
import { makeDatabase, storeNames } from './lib/databases.mjs';
import { eventNumbered } from './lib/events.mjs';
import { KilledHub } from './lib/killed-hub.mjs';
import { sendAll } from './lib/senders.mjs';

const options = readOptions({ store: 'sqlite', events: 5000, senders: 6, answers: 80, pause: 50 });
if (!storeNames.includes(options.store)) throw new RangeError(`--store is one of ${storeNames.join(', ')}`);
const findings = new Findings();
const random = randomFrom(options.seed);
const home = mkdtempSync(join(options.directory, 'hub-kills-'));
let hub = null;
let database = null;
let figures = {};

try {
  print({ seed: options.seed, directory: home });
  database = await makeDatabase(options.store, home);
  hub = new KilledHub(database.where);
  figures = await torture();
} catch (error) {
  findings.broken(error);
} finally {
  hub?.kill();
  await database?.remove();
  if (!options.keep && findings.count === 0) rmSync(home, { recursive: true, force: true });
}
findings.finish(figures);

async function torture() {
  await hub.start();
  let isSending = true;
  const sent = { accepted: { answered: 0 }, duplicates: 0, requests: 0, unanswered: 0 };
  const sending = sendAll(hub, { ...options, random }, sent).finally(() => {
    isSending = false;
  });
  let kills = 0;
  while (isSending) {
    // Each time it lives for some answers, however busy this machine is: or nothing would ever be sent.
    const enough = answersIn(sent) + random.integer(1, options.answers);
    while (isSending && answersIn(sent) < enough) await Promise.race([pause(5), sending]);
    await Promise.race([pause(random.integer(0, options.pause)), sending]);
    if (!isSending) break;
    hub.kill();
    kills++;
    await hub.start();
  }
  await sending;
  const { accepted, duplicates, requests, unanswered } = sent;
  const summary = await (await fetch(`${hub.url}/token-summary?by=infospace`)).json();
  await hub.end();
  await checkRows(accepted);
  checkSummary(summary);
  return { events: options.events, kills, requests, unanswered, accepted: accepted.answered, duplicates };
}

function answersIn({ requests, unanswered }) {
  return requests - unanswered;
}

async function checkRows({ answered }) {
  const { ids, partCount, damage } = await database.look();
  const times = new Map(ids.map((row) => [row.id, Number(row.times)]));
  for (let number = 0; number < options.events; number++) {
    const { id } = eventNumbered(number);
    findings.expect(times.get(id) === 1, () => `${id} is there ${times.get(id) ?? 0} times`);
  }
  findings.expect(ids.length === options.events, `there are ${ids.length} events instead of ${options.events}`);
  findings.expect(partCount === options.events, `there are ${partCount} parts of ${options.events} events`);
  // An answer that a kill swallowed was an acceptance that nobody heard of, so there may be fewer, never more.
  findings.expect(answered <= options.events, `${answered} acceptances of ${options.events} events`);
  findings.expect(damage === 'ok', `the database is damaged: ${damage}`);
}

function checkSummary({ totals, groups }) {
  const events = Array.from({ length: options.events }, (_, number) => eventNumbered(number).data);
  const cost = events.reduce((sum, { cost_nano_usd }) => sum + cost_nano_usd, 0);
  const tokens = events.reduce((sum, { total_tokens }) => sum + total_tokens, 0);
  findings.expect(totals.runs === options.events, `the summary has ${totals.runs} runs`);
  findings.expect(totals.cost_nano_usd === cost, `the summary costs ${totals.cost_nano_usd} instead of ${cost}`);
  findings.expect(totals.total_tokens === tokens, `the summary has ${totals.total_tokens} tokens instead of ${tokens}`);
  const runs = groups.reduce((sum, group) => sum + group.runs, 0);
  findings.expect(runs === options.events, `its groups have ${runs} runs`);
}
