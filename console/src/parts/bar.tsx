// Counts as one bar whose parts add up, with the numbers beside it: the words say all that the bar draws.

import { number, percent } from '../core/i18n.ts';

/** A part of the whole. `name` is its code, and its colour in the style sheet. */
export interface Part {
  name: string;
  label: string;
  value: number;
  /** It is named in the legend also where it is 0. */
  always?: boolean;
}

interface Props {
  parts: Part[];
  whole: number;
  /** How a value is written; a number, unless it says otherwise. */
  shown?: (value: number) => string;
  caption: string;
}

export function Bar({ parts, whole, caption, shown = number }: Props) {
  return (
    <figure class="counts">
      <div class="bar" aria-hidden="true">
        {parts
          .filter(({ value }) => value > 0)
          .map(({ name, value }) => (
            <span key={name} class={`part ${name}`} style={{ flexGrow: value }} />
          ))}
      </div>
      <figcaption class="strong">{caption}</figcaption>
      <ul class="legend">
        {parts
          .filter(({ value, always }) => value > 0 || always)
          .map(({ name, label, value }) => (
            <li key={name}>
              <span class={`swatch ${name}`} aria-hidden="true" />
              <span>{label}</span> <strong>{shown(value)}</strong>
              {whole > 0 && <span class="small"> {percent(value / whole)}</span>}
            </li>
          ))}
      </ul>
    </figure>
  );
}
