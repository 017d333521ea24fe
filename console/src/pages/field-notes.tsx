// What the preview says of one field of the list, beside that field.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Schemas } from '../core/api.ts';
import { isSameKey } from '../core/preview.ts';
import { FormatProposals, ValueProblems } from '../parts/preview-notes.tsx';

type Format = Schemas['ValueFormat'];

/** `about` ties them to the field: it is the id of what is wrong with its values, where anything is. */
export function useFieldNotes(
  view: Schemas['PreviewView'] | null,
  key: string,
  use: (format: Format) => void = () => {},
): { about: string | undefined; notes: ComponentChildren } {
  const id = useId();
  const problems = (view?.valueProblems ?? []).filter((one) => isSameKey(one.key, key));
  const proposals = (view?.formatProposals ?? []).filter((one) => isSameKey(one.key, key));
  const notes = (
    <>
      {problems.length > 0 && (
        <div class="note warn" id={id}>
          <ul>
            <ValueProblems problems={problems} />
          </ul>
        </div>
      )}
      <FormatProposals proposals={proposals} use={(_, format) => use(format)} />
    </>
  );
  return { about: problems.length > 0 ? id : undefined, notes };
}
