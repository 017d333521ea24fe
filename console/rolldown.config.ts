// How the tests are built: as the console is, where a file finds its catalogues by the names of files.

import { readdirSync } from 'node:fs';
import { defineConfig } from 'rolldown';
import { viteImportGlobPlugin } from 'rolldown/experimental';

const FOLDER = 'tests';

export default defineConfig({
  input: readdirSync(FOLDER)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${FOLDER}/${name}`),
  platform: 'node',
  plugins: [viteImportGlobPlugin({ root: import.meta.dirname })],
  logLevel: 'silent',
  output: { dir: 'built-tests' },
});
