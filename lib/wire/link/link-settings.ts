/** How one direction of a link treats frames. All of it can be changed while frames are under way. */
export interface LinkSettings {
  /** A link that is down loses everything, also what was under way, and has no carrier at either end. */
  up: boolean;
  /** Milliseconds that a frame is under way. */
  delayMs: number;
  /** Each frame's delay differs by up to so much, evenly spread. Frames stay in order. */
  jitterMs: number;
  /** Probability that a frame of a size that a cable carries is lost, 0 to 1. */
  loss: number;
  /** Bits per second with preamble, padding, FCS and gap; 0 for no limit. */
  bitsPerSecond: number;
  /** Bytes that may wait for their turn when there is a limit. */
  queueBytes: number;
}

/** No delay, no loss, no limit: frames pass at once, in the same turn. */
export const perfectLink: LinkSettings = {
  up: true,
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  bitsPerSecond: 0,
  // 100 full frames, as the transmit ring of many a small card.
  queueBytes: 150_000,
};

/** 10 s each way: more than to the Moon and back, and TCP still tries. */
export const mostDelayMs = 10_000;
/** Below it one full frame takes 12 s. */
export const leastBitsPerSecond = 1_000;
export const mostQueueBytes = 16 * 1024 * 1024;
