// The days of a month in weeks from Monday to Sunday, in the reader's own zone.

/** A month as `2026-11`. */
export const monthOf = (day: Date): string => `${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}`;

/** The first moment of the month that is so many after this one. */
export function monthFrom(month: string, after: number): Date {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(year, number - 1 + after, 1);
}

export const keyOfDay = (day: Date): string => `${monthOf(day)}-${day.getDate()}`;

/** The weeks of a month; `null` where a day belongs to another one. */
export function daysOf(month: string): (Date | null)[][] {
  const first = monthFrom(month, 0);
  const before = (first.getDay() + 6) % 7;
  const count = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
  const weeks = Math.ceil((before + count) / 7);
  const dayAt = (index: number): Date | null => {
    const number = index - before + 1;
    return number >= 1 && number <= count ? new Date(first.getFullYear(), first.getMonth(), number) : null;
  };
  return Array.from({ length: weeks }, (_, week) => Array.from({ length: 7 }, (_, day) => dayAt(week * 7 + day)));
}
