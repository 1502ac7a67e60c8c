import type { IDecoration, Terminal } from '@xterm/xterm';
import { Emitter } from '@/lib/base/emitter';
import { type Disposable, DisposableStack } from '@/lib/base/lifecycle';
import { handleTerminalKey } from './terminal-keys';
import type { TerminalSource } from './terminal-source';
import { readTerminalTheme, watchTerminalTheme } from './terminal-theme';

export interface TerminalLine {
  /** Row of the buffer, scrollback included, at which the line begins. */
  row: number;
  /** Rows that wrapping spreads it over, at least 1. */
  rows: number;
  /** Without the blanks at its end. */
  text: string;
}

export interface TerminalGrid {
  columns: number;
  rows: number;
}

export interface TerminalOptions {
  source: TerminalSource;
  label: string;
  readOnly: boolean;
  /** Keeps this size, and changes that of its letters. */
  grid: TerminalGrid | undefined;
  /** Takes what is typed or pasted (and the terminal's own answers to queries). */
  onInput: (bytes: Uint8Array) => void;
  /** A person has typed or pasted something; the terminal's own answers are not meant. */
  onTyped: () => void;
}

/** Above this many bytes waiting to be drawn the source is told to wait; it goes on below a quarter of it. */
const highWaterBytes = 512 * 1024;
/** A source that cannot wait loses output beyond this; xterm.js itself gives up at 50 MB. */
const waitingLimitBytes = 16 * 1024 * 1024;
const scrollbackRows = 2000;
const fontPixels = 13;
/** For a screen that must be in sight as a whole. Smaller letters cannot be read: then it is wider than its place, and scrolls. */
const gridFontPixels = { least: 7, most: 16 };
/** Of a letter of the monospaced fonts in use, by its height: what a guess needs to be close. */
const letterWidth = 0.62;
const lineHeight = 1.2;

const lost = new TextEncoder().encode(
  '\r\n[output came faster than it could be drawn; some of it was left out]\r\n',
);

/** An xterm.js terminal in an element of the page, fed by a source. */
export class TerminalSession implements Disposable {
  private readonly owned = new DisposableStack();
  private readonly changes = new Emitter<void>();
  private marks: IDecoration[] = [];
  private markedRows: readonly number[] = [];
  private waitingBytes = 0;
  private isHeld = false;
  private hasLost = false;

  /** After output has been drawn into the buffer, and after the size has changed. */
  readonly onChange = this.changes.on;

  private constructor(
    private readonly terminal: Terminal,
    private readonly source: TerminalSource,
    private readonly onTyped: () => void,
  ) {
    this.owned.add(terminal);
  }

  /** Loads xterm.js, which nobody downloads before a terminal is shown. Rejects when that fails. */
  static async open(
    host: HTMLElement,
    options: TerminalOptions,
    signal: AbortSignal,
  ): Promise<TerminalSession> {
    const [{ Terminal }, { FitAddon }] = await Promise.all([
      import('@xterm/xterm'),
      import('@xterm/addon-fit'),
    ]);
    signal.throwIfAborted();
    const terminal = new Terminal({
      allowProposedApi: true,
      disableStdin: options.readOnly,
      fontFamily: getComputedStyle(host).fontFamily,
      fontSize: fontPixels,
      lineHeight,
      // Bold text keeps its hue, and every colour a guest chooses stays readable on ours.
      minimumContrastRatio: 4.5,
      scrollback: options.grid ? 0 : scrollbackRows,
      ...(options.grid && { cols: options.grid.columns, rows: options.grid.rows }),
      theme: readTerminalTheme(),
    });
    const session = new TerminalSession(terminal, options.source, options.onTyped);
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(host);
    session.listen(options);
    const { grid } = options;
    session.follow(host, grid ? () => fitLetters(terminal, host, grid) : () => fit.fit());
    return session;
  }

  focus(): void {
    this.terminal.focus();
  }

  /** As if a person had typed it. */
  type(text: string): void {
    this.onTyped();
    this.terminal.input(text);
  }

  setScreenReaderMode(on: boolean): void {
    this.terminal.options.screenReaderMode = on;
  }

  /** The whole buffer, lines that were wrapped put together again, without the blank ones at the end. */
  readLines(): TerminalLine[] {
    const buffer = this.terminal.buffer.active;
    const lines: TerminalLine[] = [];
    for (let row = 0; row < buffer.length; row++) {
      const bufferLine = buffer.getLine(row);
      if (!bufferLine) break;
      const last = lines.at(-1);
      // A row that goes on in the next one is full; its blanks belong to the text.
      const text = bufferLine.translateToString(!buffer.getLine(row + 1)?.isWrapped);
      if (bufferLine.isWrapped && last) {
        last.text += text;
        last.rows++;
      } else {
        lines.push({ row, rows: 1, text });
      }
    }
    while (lines.at(-1)?.text === '') lines.pop();
    return lines;
  }

  /** Marks whole rows of the buffer, by a colour and a sign; replaces the marks set before. */
  markRows(rows: readonly number[]): void {
    this.markedRows = rows;
    for (const mark of this.marks) mark.dispose();
    const { terminal } = this;
    const cursorRow = terminal.buffer.active.baseY + terminal.buffer.active.cursorY;
    this.marks = rows.flatMap((row) => {
      const marker = terminal.registerMarker(row - cursorRow);
      const decoration = terminal.registerDecoration({
        marker,
        width: terminal.cols,
        backgroundColor: readTerminalTheme().mark,
        layer: 'bottom',
      });
      if (!decoration) return [];
      decoration.onDispose(() => marker.dispose());
      decoration.onRender((element) => element.classList.add('terminal-mark'));
      return [decoration];
    });
  }

  dispose(): void {
    this.owned.dispose();
  }

  private listen({ label, readOnly, onInput }: TerminalOptions): void {
    const { terminal, owned, source, onTyped } = this;
    terminal.textarea?.setAttribute(
      'aria-label',
      `${label}. ${readOnly ? 'Read only.' : 'Shift+Tab leaves the terminal.'}`,
    );
    terminal.attachCustomKeyEventHandler((event) => handleTerminalKey(event, terminal, readOnly));

    // Answers to queries in replayed output were given long ago: giving them again would type them into the shell.
    let isReplaying = true;
    const input = (bytes: Uint8Array) => {
      if (!isReplaying) onInput(bytes);
    };
    const encoder = new TextEncoder();
    owned.add(terminal.onData((text) => input(encoder.encode(text))));
    owned.add(terminal.onBinary((text) => input(Uint8Array.from(text, (char) => char.charCodeAt(0)))));
    owned.add(terminal.onKey(onTyped));
    // Input methods and the keyboards of phones give no keys.
    for (const event of ['paste', 'input']) terminal.textarea?.addEventListener(event, onTyped);
    owned.add(source.onOutput((bytes) => this.draw(bytes)));
    terminal.write('', () => (isReplaying = false));
  }

  private draw(bytes: Uint8Array): void {
    if (this.waitingBytes > waitingLimitBytes) {
      if (!this.hasLost) this.terminal.write(lost);
      this.hasLost = true;
      return;
    }
    this.hasLost = false;
    this.waitingBytes += bytes.length;
    if (!this.isHeld && this.waitingBytes > highWaterBytes) {
      this.isHeld = true;
      this.source.flow?.pause();
    }
    this.terminal.write(bytes, () => {
      this.waitingBytes -= bytes.length;
      if (this.isHeld && this.waitingBytes < highWaterBytes / 4) {
        this.isHeld = false;
        this.source.flow?.resume();
      }
      this.changes.emit();
    });
  }

  /** Follows the element's size and the page's colours. */
  private follow(host: HTMLElement, fit: () => void): void {
    const { terminal, owned, source } = this;
    owned.add(
      terminal.onResize(({ rows, cols }) => {
        source.resize({ rows, columns: cols });
        this.changes.emit();
      }),
    );
    let frame = 0;
    const observer = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      // Hidden terminals keep their size.
      frame = requestAnimationFrame(() => {
        if (host.clientWidth > 0 && host.clientHeight > 0) fit();
      });
    });
    observer.observe(host);
    owned.defer(() => {
      observer.disconnect();
      cancelAnimationFrame(frame);
    });
    if (host.clientWidth > 0 && host.clientHeight > 0) fit();
    source.resize({ rows: terminal.rows, columns: terminal.cols });
    owned.add(
      watchTerminalTheme((theme) => {
        terminal.options.theme = theme;
        this.markRows(this.markedRows);
      }),
    );
  }
}

/** The largest letters with which the whole grid is in sight. */
function fitLetters(terminal: Terminal, host: HTMLElement, { columns, rows }: TerminalGrid): void {
  const pixels = Math.min(host.clientWidth / columns / letterWidth, host.clientHeight / rows / lineHeight);
  const { least, most } = gridFontPixels;
  terminal.options.fontSize = Math.max(least, Math.min(most, Math.floor(pixels)));
}
