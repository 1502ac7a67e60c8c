'use client';

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';

export interface Tab {
  id: string;
  label: string;
  /** Before the label; for the eye only. */
  mark?: ReactNode;
  isClosable?: boolean;
}

/**
 * https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
 * All panels stay in the page, because a terminal that goes loses what it shows.
 */
export function Tabs({
  label,
  tabs,
  selected,
  onSelect,
  onClose = () => {},
  actions,
  isBare = false,
  children,
}: {
  label: string;
  tabs: readonly Tab[];
  selected: string;
  onSelect: (id: string) => void;
  onClose?: (id: string) => void;
  /** Beside the tabs. */
  actions?: ReactNode;
  /** One tab needs no list to choose from: its panel stands alone. */
  isBare?: boolean;
  children: (tab: Tab) => ReactNode;
}) {
  const ownId = useId();
  const list = useRef<HTMLDivElement>(null);
  /** The tabs that were selected, the latest last. */
  const visited = useRef<readonly string[]>([]);
  useEffect(() => {
    visited.current = [...visited.current.filter((id) => id !== selected), selected];
  }, [selected]);
  const tabId = (id: string) => `${ownId}-tab-${id}`;
  const panelId = (id: string) => `${ownId}-panel-${id}`;

  const select = (id: string | undefined) => {
    if (id === undefined) return;
    onSelect(id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${id}"]`)?.focus();
  };

  /** A selected tab gives way to the one from which its reader came. */
  const close = (id: string) => {
    const isOther = (other: string) => other !== id && tabs.some((tab) => tab.id === other);
    if (id === selected) select(visited.current.findLast(isOther) ?? tabs[0]?.id);
    onClose(id);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const focused = event.target instanceof HTMLElement ? event.target.dataset['tab'] : undefined;
    const index = tabs.findIndex((tab) => tab.id === focused);
    const current = tabs[index];
    if (event.key === 'Delete' && current?.isClosable) {
      close(current.id);
    } else if (event.key === 'ArrowRight') select(tabs[(index + 1) % tabs.length]?.id);
    else if (event.key === 'ArrowLeft') select(tabs.at(index - 1)?.id);
    else if (event.key === 'Home') select(tabs[0]?.id);
    else if (event.key === 'End') select(tabs.at(-1)?.id);
    else return;
    event.preventDefault();
  };

  return (
    <div className="min-w-0">
      <div
        hidden={isBare}
        className={isBare ? '' : 'flex flex-wrap-reverse justify-end gap-x-2 border-b border-line'}
      >
        <div
          ref={list}
          role="tablist"
          aria-label={label}
          onKeyDown={onKeyDown}
          className="flex min-w-0 grow overflow-x-auto"
        >
          {tabs.map((tab) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              data-tab={tab.id}
              id={tabId(tab.id)}
              aria-selected={tab.id === selected}
              aria-controls={panelId(tab.id)}
              aria-keyshortcuts={tab.isClosable ? 'Delete' : undefined}
              tabIndex={tab.id === selected ? 0 : -1}
              onClick={() => onSelect(tab.id)}
              className="flex min-h-9 items-center gap-1 border-b-2 border-transparent px-2.5 text-sm whitespace-nowrap text-muted -outline-offset-2 hover:text-ink aria-selected:border-ink aria-selected:font-medium aria-selected:text-ink sm:px-3"
            >
              {tab.mark}
              {tab.label}
              {tab.isClosable ? (
                // For pointers; the keyboard's way is Delete, which the tab announces.
                <span
                  aria-hidden
                  title="Close (Delete)"
                  onClick={(event) => {
                    event.stopPropagation();
                    close(tab.id);
                  }}
                  className="-mr-2 grid size-6 place-items-center rounded hover:bg-line"
                >
                  ×
                </span>
              ) : null}
            </button>
          ))}
        </div>
        {actions}
      </div>
      {tabs.map((tab) => (
        <div
          key={tab.id}
          role={isBare ? undefined : 'tabpanel'}
          id={panelId(tab.id)}
          aria-labelledby={isBare ? undefined : tabId(tab.id)}
          hidden={tab.id !== selected}
          className={isBare ? '' : 'pt-2'}
        >
          {children(tab)}
        </div>
      ))}
    </div>
  );
}
