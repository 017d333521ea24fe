// The forms in which data writes dates, numbers and several options, as values of a select.

import type { Schemas } from '../core/api.ts';

type Format = Schemas['ValueFormat'];

export const DATE_PATTERNS = [
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd.MM.yyyy',
  'dd-MM-yyyy',
  'yyyyMMdd',
  'yyyy.MM.dd',
  'd/M/yyyy',
  'M/d/yyyy',
  'excelSerial',
  'epochSeconds',
  'epochMillis',
];

export function formatKey(format: Format | undefined): string {
  if (!format) return '';
  if (typeof format === 'string') return format;
  if ('separator' in format) return `separator ${format.separator}`;
  return `number ${format.decimal ?? '.'}${format.group ? ` ${format.group}` : ''}`;
}

export function formatOf(key: string): Format | null {
  const [kind = '', first = '', second] = key.split(' ');
  if (kind === 'separator') return { separator: first } as Format;
  if (kind === 'number') return { decimal: first, ...(second && { group: second }) } as Format;
  return key ? (key as Format) : null;
}
