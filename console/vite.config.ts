// How the console is built: hashed files with relative addresses, so that it works below any path, and a compressed
// copy beside each, because the service compresses nothing itself.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = 'dist';

/** Removes the build of before; `.gitignore` stays, so that the folder is always there to be watched. */
function clean(): Plugin {
  return {
    name: 'clean',
    buildStart() {
      mkdirSync(OUT, { recursive: true });
      for (const name of readdirSync(OUT)) {
        if (!name.startsWith('.')) rmSync(join(OUT, name), { recursive: true });
      }
    },
  };
}

/** Writes `name.gz` beside each file of text. */
function compress(): Plugin {
  return {
    name: 'compress',
    writeBundle() {
      for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        if (/\.(html|js|css|svg)$/.test(entry.name))
          writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: './',
  build: { outDir: OUT, emptyOutDir: false, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  plugins: [clean(), compress()],
});
