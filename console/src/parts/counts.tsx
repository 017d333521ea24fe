// What became of the selected profiles, as one bar whose parts add up, with the numbers beside it.

import { number, percent, t, word } from '../core/i18n.ts';

/** In the order of the bar. A part that a service does not report is left out. */
const PARTS = ['created', 'updated', 'unchanged', 'duplicate', 'rejected', 'invalid', 'inDoubt', 'remaining', 'usable'];

/** Profiles that a run found or put on the list. */
export function onList(counts: object): number {
  const all = counts as Record<string, unknown>;
  return ['created', 'updated', 'unchanged'].reduce((sum, name) => sum + Number(all[name] ?? 0), 0);
}

export function CountsBar({ counts, only }: { counts: object; only?: string[] }) {
  const all = counts as Record<string, unknown>;
  const selected = Number(all.selected ?? 0);
  const parts = (only ?? PARTS).flatMap((name) => (typeof all[name] === 'number' ? [{ name, value: all[name] }] : []));
  const shown = parts.filter(({ value }) => value > 0);
  return (
    <figure class="counts">
      <div class="bar" aria-hidden="true">
        {shown.map(({ name, value }) => (
          <span key={name} class={`part ${name}`} style={{ flexGrow: value }} />
        ))}
      </div>
      <figcaption class="strong">{t('counts.selected', { n: selected })}</figcaption>
      <ul class="legend">
        {parts
          .filter(({ name, value }) => value > 0 || ['created', 'updated', 'usable'].includes(name))
          .map(({ name, value }) => (
            <li key={name}>
              <span class={`swatch ${name}`} aria-hidden="true" />
              <span>{word('count', name)}</span> <strong>{number(value)}</strong>
              {selected > 0 && <span class="small"> {percent(value / selected)}</span>}
            </li>
          ))}
      </ul>
    </figure>
  );
}
