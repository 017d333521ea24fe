// What a preview says of values: which cannot be sent and why, formats and words to choose from, with what each does.

import type { Schemas } from '../core/api.ts';
import { number, t, word } from '../core/i18n.ts';
import { formatKey } from './formats.ts';

type Preview = Schemas['PreviewView'];
type Format = Schemas['ValueFormat'];
/** As many as a glance takes in. */
const EXAMPLES = 3;

interface FormatsProps {
  proposals: Preview['formatProposals'];
  use(key: string, format: Format): void;
}

export function FormatProposals({ proposals, use }: FormatsProps) {
  return proposals.map((one) => (
    <div class="note calm" key={one.key}>
      <p class="strong">{t('check.proposal', { field: one.field, n: one.fitting, all: one.values })}</p>
      <ul>
        {one.formats.map((reading) => {
          const format = reading.format as Format;
          return (
            <li key={formatKey(format)}>
              {t('check.reading', { value: reading.value, sent: reading.sent })}{' '}
              <button type="button" onClick={() => use(one.key, format)}>
                {t('check.use', { format: formatKey(format) })}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  ));
}

interface WordsProps {
  proposals: Preview['nullWordProposals'];
  use(word: string): void;
}

export function NullWordProposals({ proposals, use }: WordsProps) {
  return proposals.map((one) => (
    <div class="note calm" key={one.word}>
      <p>
        {t('check.nullWord', { word: one.word, n: one.count })}{' '}
        <button type="button" onClick={() => use(one.word)}>
          {t('check.useNullWord', { word: one.word })}
        </button>
      </p>
    </div>
  ));
}

/** Profiles that are not sent at all, by reason. */
export function InvalidProfiles({ reasons }: { reasons: Preview['invalidByCode'] }) {
  return reasons.map((one) => (
    <li key={one.code}>
      <strong>{number(one.count)}</strong> {word('rejection', one.code)}{' '}
      <Examples texts={one.examples.map((example) => example.value ?? example.email)} />
    </li>
  ));
}

interface ValuesProps {
  problems: Preview['valueProblems'];
  /** Whether the field is named, where it does not stand beside it. */
  isNamed?: boolean;
}

/** Values that are not sent as they are, by reason. */
export function ValueProblems({ problems, isNamed = false }: ValuesProps) {
  return problems.map((one) => (
    <li key={one.key + one.code}>
      <strong>{isNamed ? number(one.count) : t('check.values', { n: one.count })}</strong> {isNamed && `${one.field}: `}
      {word('valueProblem', one.code)} <Examples texts={one.examples.map((example) => `“${example.value}”`)} />
    </li>
  ));
}

const Examples = ({ texts }: { texts: string[] }) => (
  <span class="small">{texts.slice(0, EXAMPLES).filter(Boolean).join(' · ')}</span>
);
