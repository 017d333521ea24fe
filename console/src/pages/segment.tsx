// One segment: its fields, its first members, the exports that use it, and new members.

import { useState } from 'preact/hooks';
import { api, type Schemas } from '../core/api.ts';
import { everything, useDo, useLoad } from '../core/hooks.ts';
import { moment, number, t, word } from '../core/i18n.ts';
import { go, to } from '../core/router.ts';
import { useWho } from '../core/who.ts';
import { Confirm } from '../parts/dialog.tsx';
import { announce } from '../parts/live.tsx';
import { Empty, Facts, headingOf, Page, Section } from '../parts/page.tsx';
import { PersonLink } from '../parts/person-link.tsx';
import { ProblemNote } from '../parts/problem.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { ReplaceMembers } from '../parts/upload.tsx';

type Segment = Schemas['SegmentView'];

export function SegmentPage({ name }: { name: string }) {
  const { mayEdit } = useWho();
  const ids = { name };
  const loaded = useLoad(() => api('get', '/segments/{name}', { ids }), [name]);
  const segment = loaded.data;
  const reading = useDo();
  const inspect = () =>
    reading.run(async () => {
      await api('post', '/segments/{name}/inspect', { ids });
      loaded.reload();
      announce(t('segments.readAgainDone'));
    });
  return (
    <Page
      title={headingOf(loaded, (one) => one.displayName)}
      parent={[t('segments.title'), to('segments')]}
      actions={
        segment &&
        mayEdit &&
        segment.memberCount > 0 && (
          <a class="button primary" href={`${to('exports', 'add')}?segment=${encodeURIComponent(name)}`}>
            {t('segments.export')}
          </a>
        )
      }
    >
      <ProblemNote problem={loaded.problem} retry={loaded.reload} />
      {segment && (
        <>
          <Facts
            facts={[
              [t('segments.members'), number(segment.memberCount)],
              [t('segments.source'), word('source', segment.source.kind)],
              [t('segments.refreshed'), moment(segment.refreshedUtc)],
              [t('common.changedBy'), segment.updatedBy],
            ]}
          />
          {mayEdit && segment.source.kind !== 'upload' && (
            <>
              <p>
                <button type="button" disabled={reading.busy} onClick={inspect}>
                  {t('segments.readAgain')}
                </button>
              </p>
              <ProblemNote problem={reading.problem} />
            </>
          )}
          <Fields segment={segment} />
          {mayEdit && <Members key={segment.version} segment={segment} />}
          {mayEdit && segment.source.kind === 'upload' && (
            <Section title={t('upload.title')}>
              <ReplaceMembers name={name} done={loaded.reload} />
            </Section>
          )}
          <Uses segment={segment} />
        </>
      )}
    </Page>
  );
}

function Fields({ segment }: { segment: Segment }) {
  if (!segment.fields.length) return <Empty title={t('segments.noFields')} text={t('segments.noFieldsText')} />;
  return (
    <Section title={t('segments.fields')}>
      <Table
        caption={t('segments.fields')}
        rows={segment.fields}
        keyOf={(field) => field.name}
        columns={[
          { name: t('common.name'), cell: (field) => field.name },
          { name: t('segments.type'), cell: (field) => word('fieldType', field.type) },
          {
            name: t('segments.remark'),
            cell: (field) => <span lang="en">{field.unmappable ?? field.absentFrom ?? ''}</span>,
          },
        ]}
      />
    </Section>
  );
}

/** Members are personal data, and reading them stands in the audit: they are read when somebody asks. */
function Members({ segment }: { segment: Segment }) {
  const [rows, setRows] = useState<Record<string, unknown>[] | null>(null);
  const reading = useDo();
  const read = () =>
    reading.run(async () => {
      const { items } = await api('get', '/segments/{name}/members', {
        ids: { name: segment.name },
        query: { limit: 100 },
      });
      setRows(items);
    });
  const columns = segment.fields.map(({ name }): Column<Record<string, unknown>> => ({
    name,
    cell: (row) => (name === 'CustomerId' ? <PersonLink name={String(row[name] ?? '')} /> : String(row[name] ?? '')),
  }));
  return (
    <Section title={t('segments.members')}>
      {rows ? (
        <Table caption={t('segments.firstMembers')} rows={rows} keyOf={(_, index) => index} columns={columns} />
      ) : (
        <p>
          {t('segments.membersText')}{' '}
          <button type="button" disabled={reading.busy} onClick={read}>
            {t('segments.showMembers')}
          </button>
        </p>
      )}
      <ProblemNote problem={reading.problem} />
    </Section>
  );
}

function Uses({ segment }: { segment: Segment }) {
  const { mayEdit } = useWho();
  const ids = { name: segment.name };
  const [asked, setAsked] = useState(false);
  const removing = useDo();
  const uses = useLoad(
    () => everything((cursor) => api('get', '/segments/{name}/exports', { ids, query: { cursor, limit: 200 } })),
    [segment.name],
  );
  const remove = () =>
    removing.run(async () => {
      await api('delete', '/segments/{name}', { ids, version: segment.version });
      go('segments');
    });
  return (
    <Section title={t('segments.uses')}>
      <ProblemNote problem={uses.problem} />
      {uses.data?.length ? (
        <ul>
          {uses.data.map((one) => (
            <li key={one.exportId}>
              <a href={to('exports', one.exportId)}>{one.displayName}</a>
            </li>
          ))}
        </ul>
      ) : (
        <p>
          {t('segments.noUses')}{' '}
          {mayEdit && segment.memberCount > 0 && (
            <a href={`${to('exports', 'add')}?segment=${encodeURIComponent(segment.name)}`}>{t('exports.add')}</a>
          )}
        </p>
      )}
      {mayEdit && (
        <button type="button" class="danger" onClick={() => setAsked(true)}>
          {t('segments.remove')}
        </button>
      )}
      {asked && (
        <Confirm
          title={t('segments.remove')}
          action={t('common.remove')}
          doing={removing}
          onConfirm={remove}
          onClose={() => setAsked(false)}
        >
          <p>{t('segments.removeText')}</p>
        </Confirm>
      )}
    </Section>
  );
}
