'use client';

import { useSyncExternalStore } from 'react';
import { type Theme, themeKey, themes } from './theme';

const labels: Record<Theme, string> = { system: 'Auto', light: 'Light', dark: 'Dark' };
const changed = new EventTarget();

function readTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

function choose(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(themeKey);
    else localStorage.setItem(themeKey, theme);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
  changed.dispatchEvent(new Event('change'));
}

function subscribe(listener: () => void): () => void {
  changed.addEventListener('change', listener);
  return () => changed.removeEventListener('change', listener);
}

export function ThemeSwitch() {
  const theme = useSyncExternalStore(subscribe, readTheme, () => 'system' as const);
  return (
    <fieldset className="flex rounded-full border border-line p-0.5 text-xs">
      <legend className="sr-only">Colours</legend>
      {themes.map((option) => (
        <label
          key={option}
          className="cursor-pointer rounded-full px-2 py-1 text-muted has-checked:bg-ink has-checked:text-paper has-focus-visible:outline-2 has-focus-visible:outline-offset-2"
        >
          <input
            type="radio"
            name="theme"
            className="sr-only"
            checked={theme === option}
            onChange={() => choose(option)}
          />
          {labels[option]}
        </label>
      ))}
    </fieldset>
  );
}
