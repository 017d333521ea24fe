// Pages of others open in a tab of their own, from which nothing reaches this one.

/** A tab, for a page of somebody else; `null` where the browser blocks it. */
export function openTab(): Window | null {
  const tab = window.open('about:blank');
  if (tab) tab.opener = null;
  return tab;
}
