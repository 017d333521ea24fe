// Lines of cron that say one time and its days: people see those in words.

/** A line such as `0 6 * * 1-5` as a time and days; null when it says more than that. */
export function simple(line: string): { time: string; days: string } | null {
  const found = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-6])$/.exec(line);
  if (!found) return null;
  const [, minute = '', hour = '', days = ''] = found;
  return { time: `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`, days };
}

export function lineOf(time: string, days: string): string {
  const [hour, minute] = time.split(':').map(Number);
  return `${minute ?? 0} ${hour ?? 0} * * ${days}`;
}
