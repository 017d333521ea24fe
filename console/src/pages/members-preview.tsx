// The first ten members as they would be sent, with what the data matching says now.

import type { Schemas } from '../core/api.ts';
import type { Mapping } from '../core/draft.ts';
import { listed, t, word } from '../core/i18n.ts';
import { fieldNameOf } from '../core/names.ts';
import { customKeysOf, sentIn, sentInCustom, unfinishedKeys, unfinishedParts } from '../core/preview.ts';
import { useSaid, type LivePreview } from './export-preview.ts';
import { PreviewState } from './preview-state.tsx';
import { InvalidProfiles } from '../parts/preview-notes.tsx';
import { Warnings } from '../parts/problem.tsx';
import { Table, type Column } from '../parts/table.tsx';

type Sample = Schemas['SampleView'];
type List = Schemas['ListView'] | null;
/** Where nothing is sent. */
const NOTHING = '–';

interface Props {
  preview: LivePreview;
  /** As it is now, with what is not finished. */
  mapping: Mapping;
  list: List;
}

export function MembersPreview({ preview, mapping, list }: Props) {
  const { asked, view, about, busy, show } = preview;
  useSaid(view, ({ usable }) => t('check.done', { n: usable }));
  return (
    <section class="section" aria-busy={busy}>
      <h3>{t('preview.title')}</h3>
      <p class="hint">{t('preview.text')}</p>
      {!asked && (
        <button type="button" onClick={show}>
          {t('preview.show')}
        </button>
      )}
      <PreviewState preview={preview} />
      {view && (
        <>
          <Unfinished mapping={mapping} list={list} />
          <Table
            caption={t('preview.title')}
            columns={columnsOf(view.sample, about.mapping, list)}
            rows={view.sample}
            keyOf={(_, index) => index}
          />
          <NotSent reasons={view.invalidByCode} />
          <Warnings warnings={view.listWarnings} />
        </>
      )}
    </section>
  );
}

const PART = { name: 'matching.name', mobileNumber: 'matching.mobile', defaultCountry: 'matching.country' } as const;

/** Texts that somebody has begun are not in the preview yet. */
function Unfinished({ mapping, list }: { mapping: Mapping; list: List }) {
  const parts = unfinishedParts(mapping).map((part) => t(PART[part]));
  const names = [...parts, ...unfinishedKeys(mapping).map(fieldNameOf(list))];
  return names.length > 0 && <p class="note calm">{t('preview.without', { names: listed(names) })}</p>;
}

function NotSent({ reasons }: { reasons: Schemas['InvalidView'][] }) {
  if (reasons.length === 0) return null;
  return (
    <>
      <h4>{t('check.problems')}</h4>
      <ul>
        <InvalidProfiles reasons={reasons} />
      </ul>
    </>
  );
}

function columnsOf(sample: Sample[], mapping: Mapping, list: List): Column<Sample>[] {
  const own = (name: string, field: string) => ({ name, cell: (one: Sample) => sentIn(one, field) || NOTHING });
  return [
    own(t('matching.email'), 'EmailAddress'),
    ...(mapping.name ? [own(t('matching.name'), 'Name')] : []),
    ...(mapping.mobileNumber ? [own(t('matching.mobile'), 'MobileNumber')] : []),
    ...customKeysOf(sample, mapping).map((key) => ({
      name: fieldNameOf(list)(key),
      cell: (one: Sample) => customText(one, key),
    })),
    ...consentColumn(t('matching.track'), 'ConsentToTrack', mapping.consentToTrack),
    ...(mapping.mobileNumber ? consentColumn(t('matching.sms'), 'ConsentToSendSms', mapping.consentToSendSms) : []),
  ];
}

const customText = (one: Sample, key: string): string =>
  sentInCustom(one, key)
    .map((value) => value ?? t('preview.deleted'))
    .join(' · ') || NOTHING;

/** Where a consent is decided: what the list has is nothing that is sent. */
function consentColumn(name: string, field: string, mapped: Mapping['consentToTrack']): Column<Sample>[] {
  if (!mapped || mapped === 'unchanged') return [];
  const cell = (one: Sample) => {
    const sent = sentIn(one, field);
    return sent ? word('sentConsent', sent) : NOTHING;
  };
  return [{ name, cell }];
}
