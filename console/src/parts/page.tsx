// The frame of a page: its heading, which gets the focus when the page opens, and the title of the tab.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Loaded } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';

/** The heading of a page about something that is read: its name, or that it cannot be shown, or none yet. */
export function headingOf<T>(
  { data, problem }: Pick<Loaded<T>, 'data' | 'problem'>,
  name: (data: T) => string,
): string {
  if (data) return name(data);
  return problem ? t('app.notShown') : '';
}

interface Props {
  title: string;
  /** Where the page belongs, with its address. */
  parent?: [label: string, href: string];
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, parent, actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isNamed = title !== '';
  useEffect(() => {
    document.title = title ? `${title} – ${t('app.name')}` : t('app.name');
  }, [title]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [isNamed]);
  return (
    <>
      {parent && (
        <p class="parent">
          <a href={parent[1]}>← {parent[0]}</a>
        </p>
      )}
      <div class="head">
        <h1 ref={heading} tabIndex={-1}>
          {title || t('common.loading')}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}

export function Section({
  title,
  children,
  actions,
}: {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <section class="section">
      <div class="head">
        <h2>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Says what belongs here, and what to do next. */
export function Empty({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Names and values, side by side. */
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
