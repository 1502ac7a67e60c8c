import type { ITheme } from '@xterm/xterm';
import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';

/** The sixteen colours of a terminal beside the page's own, one set for each theme; `mark` lies behind marked lines. */
export type TerminalTheme = Required<Pick<ITheme, 'background' | 'foreground'>> & ITheme & { mark: string };

const light: TerminalTheme = {
  background: '#f1efea',
  foreground: '#1a1d21',
  cursor: '#1a1d21',
  cursorAccent: '#f1efea',
  selectionBackground: '#c9d3f2',
  scrollbarSliderBackground: '#1a1d2133',
  scrollbarSliderHoverBackground: '#1a1d2155',
  scrollbarSliderActiveBackground: '#1a1d2177',
  black: '#1a1d21',
  red: '#b3261e',
  green: '#1d6b3c',
  yellow: '#7a5200',
  blue: '#2f52c4',
  magenta: '#8a2a86',
  cyan: '#0f6674',
  white: '#5c6168',
  brightBlack: '#5c6168',
  brightRed: '#c4352c',
  brightGreen: '#22763f',
  brightYellow: '#835a05',
  brightBlue: '#3c5fd0',
  brightMagenta: '#9a3595',
  brightCyan: '#136f7e',
  brightWhite: '#34383e',
  mark: '#fbdcbd',
};

const dark: TerminalTheme = {
  background: '#0b0d10',
  foreground: '#e8e9ec',
  cursor: '#e8e9ec',
  cursorAccent: '#0b0d10',
  selectionBackground: '#2c3a68',
  scrollbarSliderBackground: '#e8e9ec33',
  scrollbarSliderHoverBackground: '#e8e9ec55',
  scrollbarSliderActiveBackground: '#e8e9ec77',
  black: '#2b3038',
  red: '#ff8a80',
  green: '#6fcf97',
  yellow: '#e5c07b',
  blue: '#8aa6ff',
  magenta: '#d7a1e6',
  cyan: '#76cbd8',
  white: '#c9ccd1',
  brightBlack: '#9aa1ab',
  brightRed: '#ffa79f',
  brightGreen: '#8fdcb0',
  brightYellow: '#f0d59a',
  brightBlue: '#a9bdff',
  brightMagenta: '#e3bcee',
  brightCyan: '#97dbe5',
  brightWhite: '#ffffff',
  mark: '#4f2d12',
};

const prefersDark = '(prefers-color-scheme: dark)';

/** The colours of the page as it is now: what the person chose, else what the system prefers. */
export function readTerminalTheme(): TerminalTheme {
  const chosen = document.documentElement.dataset['theme'];
  const isDark = chosen ? chosen === 'dark' : matchMedia(prefersDark).matches;
  return isDark ? dark : light;
}

export function watchTerminalTheme(listener: (theme: TerminalTheme) => void): Disposable {
  const stack = new DisposableStack();
  const changed = () => listener(readTerminalTheme());
  const chosen = new MutationObserver(changed);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  stack.defer(() => chosen.disconnect());
  const preferred = matchMedia(prefersDark);
  preferred.addEventListener('change', changed);
  stack.defer(() => preferred.removeEventListener('change', changed));
  return stack;
}
