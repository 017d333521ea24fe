// A site of its own origin that serves the files of a folder.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const types = { '.html': 'text/html', '.js': 'text/javascript' };

export async function site(port, folder) {
  const server = createServer(async (request, answer) => {
    const name = request.url === '/' ? 'index.html' : request.url.slice(1);
    const text = await readFile(join(folder, name)).catch(() => null);
    answer.writeHead(text ? 200 : 404, { 'Content-Type': types[extname(name)] ?? 'text/plain' }).end(text ?? '');
  });
  await new Promise((listening) => server.listen(Number(port), '127.0.0.1', listening));
  return server;
}
