// Tables that scroll sideways on a narrow screen, by keyboard too, and the way through the pages of a list.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../core/i18n.ts';
import type { Paged } from '../core/hooks.ts';

export interface Column<T> {
  name: string;
  cell(row: T): ComponentChildren;
  number?: boolean;
}

export function Table<T>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  caption: string;
  columns: Column<T>[];
  rows: T[];
  keyOf(row: T, index: number): string | number;
}) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setScrolls(element.scrollWidth > element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return (
    <div class="scroll" ref={frame} {...(scrolls && { tabIndex: 0, role: 'region', 'aria-labelledby': id })}>
      <table>
        <caption id={id} class="unseen">
          {caption}
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" class={column.number ? 'number' : undefined}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map((column, at) => {
                const Cell = at === 0 ? 'th' : 'td';
                return (
                  <Cell
                    key={column.name}
                    scope={at === 0 ? 'row' : undefined}
                    class={column.number ? 'number' : undefined}
                  >
                    {column.cell(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Pager({ list }: { list: Paged<unknown> }) {
  if (list.page === 1 && !list.data?.nextCursor) return null;
  return (
    <nav class="pager" aria-label={t('common.pages')}>
      <button type="button" disabled={list.page === 1 || list.loading} onClick={list.previous}>
        {t('common.previous')}
      </button>
      <span>{t('common.page', { n: list.page })}</span>
      <button type="button" disabled={!list.data?.nextCursor || list.loading} onClick={list.next}>
        {t('common.next')}
      </button>
    </nav>
  );
}
