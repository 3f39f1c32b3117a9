/**
 * The schedule of a CronJob, as robfig/cron (which the CronJob controller uses) reads it: five fields with names, ranges and
 * steps, or `@hourly` and the like.
 */
export interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both the day of the month and the day of the week are restricted: one of them is enough. */
  readonly eitherDay: boolean;
}

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No zone has set its clock by more. */
const MAX_JUMP_MS = DAY_MS;
/** The 29th of February comes again after at most eight years. */
const MAX_DAYS = 9 * 366;

/** Undefined when it is none that can be judged (`@every 1h` among them: its times are not on the clock). */
export function parseSchedule(text: string): Schedule | undefined {
  const parts = (MACROS.get(text.trim().toLowerCase()) ?? text).trim().split(/\s+/);
  if (parts.length !== 5) return undefined;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  const minutes = valuesOf(minute, 0, 59);
  const hours = valuesOf(hour, 0, 23);
  const days = valuesOf(day, 1, 31);
  const months = valuesOf(month, 1, 12, MONTHS, 1);
  const weekdays = valuesOf(weekday, 0, 7, WEEKDAYS);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays.delete(7)) weekdays.add(0);
  return { minutes, hours, days, months, weekdays, eitherDay: !isStar(day) && !isStar(weekday) };
}

/**
 * The first time after `after` (ms) that the schedule names, on the clock of `timeZone` (IANA; default UTC, the zone of most
 * controller managers). Undefined when there is none within nine years, or the zone is unknown.
 */
export function nextTime(schedule: Schedule, after: number, timeZone = 'UTC'): number | undefined {
  const offsetAt = offsets(timeZone);
  if (offsetAt === undefined) return undefined;
  const hours = [...schedule.hours].sort((a, b) => a - b);
  const minutes = [...schedule.minutes].sort((a, b) => a - b);
  // The wall clock as if it were UTC. A day earlier, because a zone may jump back over midnight.
  const from = after + offsetAt(after) - MAX_JUMP_MS;
  const firstDay = Math.floor(from / DAY_MS) * DAY_MS;
  for (let day = firstDay; day < firstDay + MAX_DAYS * DAY_MS; day += DAY_MS) {
    if (!isDue(schedule, new Date(day))) continue;
    for (const hour of hours) {
      for (const minute of minutes) {
        const wall = day + (hour * 60 + minute) * MINUTE_MS;
        if (wall < from) continue;
        const time = wall - offsetAt(wall - offsetAt(wall));
        if (time > after) return time;
      }
    }
  }
  return undefined;
}

function isDue({ days, months, weekdays, eitherDay }: Schedule, day: Date): boolean {
  if (!months.has(day.getUTCMonth() + 1)) return false;
  const [byDay, byWeekday] = [days.has(day.getUTCDate()), weekdays.has(day.getUTCDay())];
  return eitherDay ? byDay || byWeekday : byDay && byWeekday;
}

function isStar(field: string): boolean {
  return field.split(',').some((part) => part === '*' || part === '?');
}

function valuesOf(field: string, min: number, max: number, names: string[] = [], first = 0): Set<number> | undefined {
  const values = new Set<number>();
  const numberOf = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    if (named >= 0) return named + first;
    return /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of field.split(',')) {
    const [range = '', step = '1', ...more] = part.split('/');
    const [from = '', to, ...rest] = range === '*' || range === '?' ? [String(min), String(max)] : range.split('-');
    const start = numberOf(from);
    // `5/15` is `5-59/15`.
    const end = to === undefined ? (part.includes('/') ? max : start) : numberOf(to);
    const width = /^\d{1,2}$/.test(step) ? Number(step) : 0;
    const isValid = start >= min && end <= max && start <= end && width >= 1;
    if (!isValid || more.length > 0 || rest.length > 0) return undefined;
    for (let value = start; value <= end; value += width) values.add(value);
  }
  return values;
}

/** How far a zone's clock is ahead of UTC at a time, ms; undefined for a zone that nobody knows. */
function offsets(timeZone: string): ((time: number) => number) | undefined {
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') return () => 0;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    });
    return (time) => {
      const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
      const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
      return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1_000) * 1_000;
    };
  } catch {
    return undefined;
  }
}
