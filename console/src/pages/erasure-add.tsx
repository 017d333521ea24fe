// Asking for an erasure: who, on which ground, and which request of one's own books it answers.

import { useState } from 'preact/hooks';
import { api } from '../core/api.ts';
import { useDo, useKey } from '../core/hooks.ts';
import { t } from '../core/i18n.ts';
import { peopleOf } from '../core/person.ts';
import { go, to } from '../core/router.ts';
import { Confirm } from '../parts/dialog.tsx';
import { Form, Lines, Text } from '../parts/form.tsx';
import { Page } from '../parts/page.tsx';
import { errorAt, ProblemNote } from '../parts/problem.tsx';

export function AddErasure() {
  const [names, setNames] = useState('');
  const [legalBasis, setLegalBasis] = useState('');
  const [reference, setReference] = useState('');
  const [asked, setAsked] = useState(false);
  const doing = useDo();
  const keyOf = useKey();
  const people = peopleOf(names);
  const body = { people, legalBasis: legalBasis.trim(), reference: reference.trim() };
  const erase = () =>
    doing.run(async () => {
      const made = await api('post', '/erasures', { body, key: keyOf(body) });
      go('erasures', made.erasureId);
    });
  const { problem } = doing;
  return (
    <Page title={t('erasures.add')} parent={[t('erasures.title'), to('erasures')]}>
      <Form class="form" onSubmit={() => setAsked(people.length > 0)}>
        <Lines
          label={t('erasures.who')}
          hint={t('erasures.whoHint')}
          value={names}
          onInput={setNames}
          required
          error={errorAt(problem, '/people')}
        />
        <Text
          label={t('erasures.basis')}
          hint={t('erasures.basisHint')}
          value={legalBasis}
          onInput={setLegalBasis}
          required
          maxLength={200}
          error={errorAt(problem, '/legalBasis')}
        />
        <Text
          label={t('erasures.reference')}
          hint={t('erasures.referenceHint')}
          value={reference}
          onInput={setReference}
          required
          maxLength={200}
          error={errorAt(problem, '/reference')}
        />
        {!asked && <ProblemNote problem={problem} />}
        <div class="actions">
          <button type="submit" class="danger" disabled={doing.busy}>
            {t('erasures.erase')}
          </button>
          <a class="button" href={to('erasures')}>
            {t('common.cancel')}
          </a>
        </div>
      </Form>
      {asked && (
        <Confirm
          title={t('erasures.erase')}
          action={t('erasures.erase')}
          doing={doing}
          onConfirm={erase}
          onClose={() => setAsked(false)}
        >
          <p>{t('erasures.confirm', { n: people.length })}</p>
          <p>{t('erasures.confirmText')}</p>
        </Confirm>
      )}
    </Page>
  );
}
