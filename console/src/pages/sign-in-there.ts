// Signing in at Campaign Monitor, in a tab of its own, so that nothing on this page is lost.

import { api } from '../core/api.ts';

/** Sends the tab, which a click has opened, to Campaign Monitor; without one, this tab goes there. */
export async function signInAtCampaignMonitor(connectionId: string, tab: Window | null): Promise<void> {
  const { authorizeUrl } = await api('post', '/connections/{id}/authorize', { ids: { id: connectionId } });
  const url = new URL(authorizeUrl);
  if (!['https:', 'http:'].includes(url.protocol)) throw new Error('not an address of the web');
  if (tab) tab.location.href = url.href;
  else location.href = url.href;
}
