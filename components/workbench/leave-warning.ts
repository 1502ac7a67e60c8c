import { useEffect } from 'react';

const question =
  'The machine ends when you leave this page, and what you did in it is lost unless you save a snapshot. Leave?';

/** Asks before the page is left by its address, by closing or by a link of the site. */
export function useLeaveWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return;
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    // Links within the site change the page without unloading it.
    const onClick = (event: MouseEvent) => {
      if (!isFollowed(event) || confirm(question)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener('beforeunload', onUnload);
    document.addEventListener('click', onClick, { capture: true });
    return () => {
      removeEventListener('beforeunload', onUnload);
      document.removeEventListener('click', onClick, { capture: true });
    };
  }, [isNeeded]);
}

/** Whether the click would take this tab to another page of the site. */
function isFollowed(event: MouseEvent): boolean {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target === '_blank' || link.hasAttribute('download')) return false;
  return link.origin === location.origin && link.pathname !== location.pathname;
}
