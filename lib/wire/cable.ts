import { type Disposable, toDisposable } from '../base/lifecycle';

/** Whatever has a network card to plug a cable into. */
export interface NicOwner {
  attachNic(port: MessagePort): Promise<void>;
}

/**
 * A crossover cable: what one card sends, the other receives. Frames go from worker to worker, not through the page.
 * Disposing of it pulls it out where it was plugged in from here; a card that has its end keeps a dead one.
 */
export async function crossover(left: NicOwner, right: NicOwner): Promise<Disposable> {
  const { port1, port2 } = new MessageChannel();
  await Promise.all([left.attachNic(port1), right.attachNic(port2)]);
  return toDisposable(() => {
    port1.close();
    port2.close();
  });
}
