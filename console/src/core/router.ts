// Addresses of the pages, behind `#`: they need nothing of the server, and work below any path.

import { useEffect, useState } from 'preact/hooks';

/** The parts of the address: `#/runs/7?tab=rejections` is `['runs', '7']`. */
export interface Route {
  parts: string[];
  query: URLSearchParams;
}

/** What an address names. A part that cannot be decoded stays as it is: no page has such a name. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.slice(1).split('?');
  return { parts: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const read = (): Route => routeOf(location.hash);

export function useRoute(): Route {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const changed = () => setRoute(read());
    addEventListener('hashchange', changed);
    // The address may have changed before anybody listened.
    changed();
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

export const to = (...parts: string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;

export function go(...parts: string[]): void {
  location.hash = to(...parts);
}
