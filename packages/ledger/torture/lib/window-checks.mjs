import { windowOf } from './calendar-days.mjs';
import { openRows } from './ledgers.mjs';

const units = ['tokens', 'calls'];
const everies = ['day', 'week', 'month'];

/** Compares each window's counter with what was reserved in that window and used at any time. */
export async function checkWindows({ place, reservations, refusals, timeZones, limits, findings }) {
  const sums = sumsByWindow(reservations, timeZones);
  const kept = await openRows(place);
  const counters = (await kept.all('SELECT * FROM counters')).map(withNumbers);
  const rows = (await kept.reservations()).length;
  await kept.close();
  findings.expect(rows === reservations.length, `${rows} reservations are kept of ${reservations.length}`);

  const seen = new Set();
  for (const counter of counters) {
    const { scope, unit, every, time_zone, starts_at_ms, used, held, overrun } = counter;
    const window = every === '' ? 'life' : windowIn(counter, findings);
    const key = `${scope} ${unit} ${every} ${time_zone} ${window}`;
    findings.expect(!seen.has(key), `${key} has two counters`);
    seen.add(key);
    const sum = sums.get(key) ?? { used: 0, overrun: 0 };
    findings.expect(used === sum.used, `${key}: used is ${used}, reserved in it and used were ${sum.used}`);
    findings.expect(overrun === sum.overrun, `${key}: overrun is ${overrun}, not ${sum.overrun}`);
    findings.expect(held === 0, `${key}: ${held} are still held`);
    const limit = scope.endsWith(time_zone) && unit === 'tokens' ? limits[every] : undefined;
    findings.expect(limit === undefined || used <= limit, `${key}: ${used} are used of ${limit} from ${starts_at_ms}`);
  }
  for (const [key, sum] of sums) {
    if (sum.used === 0 || !mustBeCounted(key)) continue;
    findings.expect(seen.has(key), `${key}: ${sum.used} are used, and there is no counter`);
  }
  for (const refusal of refusals) checkRefusal(refusal, findings);
  return { windows: seen.size };
}

/** Small enough here to be numbers. */
function withNumbers(row) {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

function sumsByWindow(reservations, timeZones) {
  const sums = new Map();
  for (const { scopes, reservedAtMs, booked, overrun } of reservations) {
    const windows = timeZones.flatMap((timeZone) =>
      everies.map((every) => `${every} ${timeZone} ${windowOf({ every, timeZone }, reservedAtMs)}`),
    );
    for (const window of ['  life', ...windows]) {
      for (const scope of scopes) {
        for (const unit of units) {
          const key = `${scope} ${unit} ${window}`;
          const sum = sums.get(key) ?? { used: 0, overrun: 0 };
          sums.set(key, { used: sum.used + (booked[unit] ?? 0), overrun: sum.overrun + (overrun[unit] ?? 0) });
        }
      }
    }
  }
  return sums;
}

/** The tokens of the organisation in every zone, and those of a team in its own. */
function mustBeCounted(key) {
  const [scope, unit, , timeZone, window] = key.split(' ');
  return window === 'life' || (unit === 'tokens' && (scope === 'org' || scope.endsWith(timeZone)));
}

/** Which window a counter is for; its first and its last moment are in it, and those beside it are not. */
function windowIn({ every, time_zone, starts_at_ms, ends_at_ms }, findings) {
  const at = (atMs) => windowOf({ every, timeZone: time_zone }, atMs);
  const window = at(starts_at_ms);
  const isWhole = at(ends_at_ms - 1) === window && at(starts_at_ms - 1) !== window && at(ends_at_ms) !== window;
  findings.expect(isWhole, `${every} ${time_zone} from ${starts_at_ms} to ${ends_at_ms} is no ${every}`);
  return window;
}

/** Says when there is room again: at the end of a window in which the refusal was made. */
function checkRefusal({ scope, resetsAtMs, beforeMs, afterMs }, findings) {
  const timeZone = scope.split(':')[1];
  if (timeZone === undefined || resetsAtMs === null) {
    findings.violation(`${scope} was refused, which has room`);
    return;
  }
  const isItsEnd = everies.some((every) => {
    const [last, next] = [resetsAtMs - 1, resetsAtMs].map((atMs) => windowOf({ every, timeZone }, atMs));
    return last !== next && [beforeMs, afterMs].some((atMs) => windowOf({ every, timeZone }, atMs) === last);
  });
  findings.expect(isItsEnd, `${scope} was refused until ${resetsAtMs}, which ends no window of then`);
}
