// What the person may do, for every page: buttons that the service would refuse are not shown.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from './session.ts';

export interface Who {
  session: Session;
  instance: string;
  /** Signs in again after the token has expired. What stands on the page stays there. */
  signInAgain(): void;
}

export const WhoContext = createContext<Who | null>(null);

export function useWho() {
  const who = useContext(WhoContext);
  if (!who) throw new Error('nobody is signed in');
  const { role } = who.session;
  return { ...who, role, isAdmin: role === 'Admin', mayEdit: role !== 'Viewer' };
}
