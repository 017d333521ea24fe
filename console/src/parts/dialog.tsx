// A question before something that cannot be undone. The browser's own dialog keeps the focus inside, and Escape
// closes it.

import type { ComponentChildren } from 'preact';
import { useContext, useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { Doing } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { WhoContext } from '../core/who.ts';
import { ProblemNote } from './problem.tsx';

export function Confirm({
  title,
  children,
  action,
  doing,
  onConfirm,
  onClose,
  harmful = true,
  disabled = false,
}: {
  title: string;
  children: ComponentChildren;
  action: string;
  doing: Doing;
  harmful?: boolean;
  /** What the question needs first is not there yet. */
  disabled?: boolean;
  onConfirm(): void;
  onClose(): void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const who = useContext(WhoContext);
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    // Closed before it is removed, it gives the focus back to what opened it.
    return () => opened?.close();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
      <ProblemNote problem={doing.problem} />
      {/* Nothing behind the question can be reached, so the way to a new token stands in it. */}
      {doing.problem?.status === 401 && (
        <button type="button" onClick={who?.signInAgain}>
          {t('signIn.go')}
        </button>
      )}
      <div class="actions end">
        <button type="button" onClick={() => dialog.current?.close()}>
          {t('common.keep')}
        </button>
        <button
          type="button"
          class={harmful ? 'danger' : 'primary'}
          disabled={doing.busy || disabled}
          onClick={onConfirm}
        >
          {action}
        </button>
      </div>
    </dialog>
  );
}
