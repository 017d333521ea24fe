// Fields of forms: a label, a hint, the field, and what is wrong with it, tied together for every kind of reader.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Common {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  /** The id of something else on the page that says more of it. */
  about?: string | undefined;
}

function Around({ id, label, hint, error, children }: Common & { id: string; children: ComponentChildren }) {
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children}
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { hint, error, about }: Common): Record<string, string | boolean | undefined> => ({
  id,
  'aria-describedby': [hint && `${id}-hint`, error && `${id}-error`, about].filter(Boolean).join(' ') || undefined,
  'aria-invalid': error ? 'true' : undefined,
});

export interface TextProps extends Common {
  value: string;
  onInput(value: string): void;
  type?: 'text' | 'password' | 'email' | 'search' | 'time' | 'date' | 'number';
  /** Of a number. */
  min?: number;
  max?: number;
  required?: boolean;
  maxLength?: number;
  pattern?: string;
  placeholder?: string;
  autocomplete?: string;
  spellcheck?: boolean;
}

export function Text({ label, hint, error, about, onInput, type = 'text', autocomplete = 'off', ...rest }: TextProps) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <input
        {...rest}
        type={type as 'text'}
        autocomplete={autocomplete}
        {...described(id, { label, hint, error, about })}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Around>
  );
}

/** Several lines of text. */
export function Lines({
  label,
  hint,
  error,
  value,
  onInput,
  required,
}: Common & { value: string; onInput(value: string): void; required?: boolean }) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <textarea
        rows={5}
        required={required}
        spellcheck={false}
        autocomplete="off"
        value={value}
        {...described(id, { label, hint, error })}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Around>
  );
}

export type Choices = [value: string, label: string][];

export function Select({
  label,
  hint,
  error,
  about,
  value,
  onInput,
  choices,
  required,
  hidden,
}: Common & {
  value: string;
  onInput(value: string): void;
  choices: Choices;
  required?: boolean;
  hidden?: boolean;
}) {
  const id = useId();
  const select = (
    <select
      {...described(id, { label, hint, error, about })}
      required={required}
      value={value}
      aria-label={hidden ? label : undefined}
      onInput={(event) => onInput(event.currentTarget.value)}
    >
      {choices.map(([key, text]) => (
        <option key={key} value={key}>
          {text}
        </option>
      ))}
    </select>
  );
  return hidden ? (
    select
  ) : (
    <Around id={id} label={label} hint={hint} error={error}>
      {select}
    </Around>
  );
}

export function Check({
  label,
  hint,
  checked,
  onInput,
  required,
  disabled,
}: {
  label: ComponentChildren;
  hint?: string;
  checked: boolean;
  onInput(checked: boolean): void;
  required?: boolean;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div class="check">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        required={required}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

export function Radios({
  legend,
  value,
  onInput,
  choices,
  error,
}: {
  legend: string;
  value: string;
  onInput(value: string): void;
  choices: [value: string, label: string, hint?: string][];
  error?: string | undefined;
}) {
  const id = useId();
  return (
    <Group legend={legend} error={error} class="radios">
      {choices.map(([key, label, hint]) => (
        <div class="check" key={key}>
          <input
            type="radio"
            id={`${id}-${key}`}
            name={id}
            checked={value === key}
            onInput={() => onInput(key)}
            aria-describedby={hint ? `${id}-${key}-hint` : undefined}
          />
          <div>
            <label for={`${id}-${key}`}>{label}</label>
            {hint && (
              <p class="hint" id={`${id}-${key}-hint`}>
                {hint}
              </p>
            )}
          </div>
        </div>
      ))}
    </Group>
  );
}

/** Fields that belong together, with what is wrong with them. */
export function Group({
  legend,
  error,
  class: look,
  children,
}: {
  legend: string;
  error?: string | undefined;
  class?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <fieldset
      class={[look, error && 'wrong'].filter(Boolean).join(' ') || undefined}
      aria-describedby={error ? `${id}-error` : undefined}
    >
      <legend>{legend}</legend>
      {error && (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {children}
    </fieldset>
  );
}

/** A form that does its own work; the browser's checks come first. */
export function Form({
  onSubmit,
  children,
  ...rest
}: {
  onSubmit(): void;
  children: ComponentChildren;
  class?: string;
  id?: string;
  role?: 'search';
}) {
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form {...rest} onSubmit={submit}>
      {children}
    </form>
  );
}
