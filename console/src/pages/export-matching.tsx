// Data matching: which field of the segments becomes which value of the list, what is wrong with values beside each
// field, and ten members as they would be sent.

import { commonFields, emailField, sourceOf, withEmail, wordsOf, type Mapping } from '../core/draft.ts';
import { t } from '../core/i18n.ts';
import { Consent } from './export-consent.tsx';
import { NameField } from './export-name.tsx';
import type { StepProps } from './export-step.ts';
import { Target } from './export-target.tsx';
import { useFieldNotes } from './field-notes.tsx';
import { MembersPreview } from './members-preview.tsx';
import { Check, Select, Text, type Choices } from '../parts/form.tsx';
import { Empty } from '../parts/page.tsx';
import { NewField } from '../parts/new-field.tsx';
import { NullWordProposals } from '../parts/preview-notes.tsx';
import { errorAt } from '../parts/problem.tsx';
import { SourceField } from '../parts/source.tsx';

export function MatchingStep(props: StepProps) {
  const { draft, change, chosen, list, problem, preview } = props;
  const fields = commonFields(chosen);
  const { mapping } = draft;
  if (!fields.length) return <Empty title={t('matching.noFields')} text={t('matching.noFieldsText')} />;
  const set = (part: Partial<Mapping>) => change({ mapping: { ...mapping, ...part } });
  const names: Choices = fields.map((field) => [field.name, field.name]);
  const parts: PartProps = { ...props, set, names };
  return (
    <>
      <p>{t('matching.lead')}</p>
      <EmailField {...parts} />
      <NameField
        mapping={mapping}
        set={set}
        names={names}
        error={errorAt(problem, '/mapping/name')}
        view={preview.view}
      />
      <MobileFields {...parts} />
      <CustomFields {...parts} />
      <Consents {...parts} />
      <NullWords {...parts} />
      <MembersPreview preview={preview} mapping={mapping} list={list} />
    </>
  );
}

interface PartProps extends StepProps {
  set(part: Partial<Mapping>): void;
  /** The fields of the segments. */
  names: Choices;
}

function EmailField({ draft: { mapping }, set, names, problem, preview }: PartProps) {
  const { about, notes } = useFieldNotes(preview.view, 'EmailAddress');
  return (
    <>
      <Select
        label={t('matching.email')}
        value={emailField(mapping)}
        required
        choices={[['', t('matching.none')], ...names]}
        error={errorAt(problem, '/mapping/email')}
        about={about}
        onInput={(field) => set({ email: withEmail(mapping, field) })}
      />
      {notes}
      <Check
        label={t('matching.repair')}
        hint={t('matching.repairHint')}
        checked={typeof mapping.email !== 'string' && mapping.email.repair === true}
        onInput={(repair) => set({ email: repair ? { field: emailField(mapping), repair } : emailField(mapping) })}
      />
    </>
  );
}

function MobileFields({ draft: { mapping }, set, names, problem, preview }: PartProps) {
  const { mobileNumber, defaultCountry } = mapping;
  const { about, notes } = useFieldNotes(preview.view, 'MobileNumber');
  const ifEmpty = typeof mobileNumber === 'object' ? mobileNumber?.ifEmpty : undefined;
  return (
    <>
      <SourceField
        label={t('matching.mobile')}
        source={mobileNumber ? sourceOf(mobileNumber) : null}
        names={names}
        error={errorAt(problem, '/mapping/mobileNumber')}
        about={about}
        onSource={(source) => set({ mobileNumber: source && { ...(ifEmpty && { ifEmpty }), ...source } })}
      />
      {mobileNumber && notes}
      {mobileNumber && (
        <Text
          label={t('matching.country')}
          hint={t('matching.countryHint')}
          value={defaultCountry ?? ''}
          maxLength={2}
          pattern="[A-Za-z]{2}"
          error={errorAt(problem, '/mapping/defaultCountry')}
          onInput={(country) => set({ defaultCountry: country ? country.toUpperCase() : null })}
        />
      )}
    </>
  );
}

function CustomFields({ draft, list, reread, set, names, problem, preview }: PartProps) {
  return (
    <>
      <h3>{t('matching.custom')}</h3>
      {list?.fields.length === 0 && <p>{t('matching.noCustom')}</p>}
      {list && (
        <NewField
          connectionId={draft.connectionId}
          listId={draft.listId}
          title={t('matching.newField')}
          made={reread}
        />
      )}
      {list?.fields.map((target) => (
        <Target
          key={target.key}
          target={target}
          mapping={draft.mapping}
          set={set}
          names={names}
          problem={problem}
          view={preview.view}
        />
      ))}
    </>
  );
}

function Consents({ draft: { mapping }, set, names, problem, preview }: PartProps) {
  const track = useFieldNotes(preview.view, 'ConsentToTrack');
  const sms = useFieldNotes(preview.view, 'ConsentToSendSms');
  return (
    <>
      <h3>{t('matching.consent')}</h3>
      <p>{t('matching.consentText')}</p>
      <Consent
        label={t('matching.track')}
        value={mapping.consentToTrack}
        names={names}
        onValue={(consentToTrack) => set({ consentToTrack })}
        error={errorAt(problem, '/mapping/consentToTrack')}
        {...track}
      />
      {mapping.mobileNumber && (
        <Consent
          label={t('matching.sms')}
          value={mapping.consentToSendSms}
          names={names}
          onValue={(consentToSendSms) => set({ consentToSendSms })}
          error={errorAt(problem, '/mapping/consentToSendSms')}
          {...sms}
        />
      )}
    </>
  );
}

function NullWords({ draft: { mapping }, set, problem, preview }: PartProps) {
  const words = mapping.nullWords ?? [];
  return (
    <>
      <Text
        label={t('matching.nullWords')}
        hint={t('matching.nullWordsHint')}
        value={words.join(', ')}
        error={errorAt(problem, '/mapping/nullWords')}
        onInput={(text) => set({ nullWords: wordsOf(text) })}
      />
      <NullWordProposals
        proposals={preview.view?.nullWordProposals ?? []}
        use={(found) => set({ nullWords: [...words, found] })}
      />
    </>
  );
}
