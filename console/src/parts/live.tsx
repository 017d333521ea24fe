// One polite region for what happens by itself, which a screen reader reads aloud, but not too often.

import { useEffect, useState } from 'preact/hooks';

let say: (text: string) => void = () => {};

/** Reads a sentence out to people who do not see the screen. */
export const announce = (text: string): void => say(text);

export function LiveRegion() {
  const [text, setText] = useState('');
  useEffect(() => {
    say = setText;
  }, []);
  return (
    <div role="status" class="unseen">
      {text}
    </div>
  );
}
