import { type Disposable, toDisposable } from '../base/lifecycle';
import type { Scheduler } from './platform';
import type { V86 } from './v86-surface';

/** A terminal follows ten pictures a second without effort, and a person no more. */
const redrawMs = 100;
const hideCursor = '\x1b[?25l';
const home = '\x1b[H';
const colours = /\x1b\[[0-9;]*m/g;

/** What a guest draws in VGA's text mode, as a picture for a terminal of 80 columns and 25 rows. */
export class TextScreen implements Disposable {
  private redraw: Disposable | undefined;
  private disposed = false;

  /** @param onDrawn `picture` draws the whole screen in a terminal; `text` is the same in plain lines */
  constructor(
    private readonly v86: V86,
    private readonly scheduler: Scheduler,
    private readonly onDrawn: (picture: Uint8Array, text: string) => void,
  ) {
    v86.add_listener('screen-put-char', () => this.changed());
  }

  dispose(): void {
    this.disposed = true;
    this.redraw?.dispose();
  }

  private changed(): void {
    if (this.redraw || this.disposed) return;
    const due = this.scheduler.after(redrawMs, () => {
      this.redraw = undefined;
      this.draw();
    });
    this.redraw = toDisposable(() => due.dispose());
  }

  private draw(): void {
    const rows = this.v86.screen_adapter.get_text_screen();
    const picture = `${hideCursor}${home}${rows.join('\r\n')}`;
    this.onDrawn(new TextEncoder().encode(picture), rows.join('\n').replaceAll(colours, ''));
  }
}
