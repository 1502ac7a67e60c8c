/** The longest time between two animation frames of this page while `work` goes on. Milliseconds. */
export async function watchFrames(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last: number | undefined;
  let frame = requestAnimationFrame(function next(time) {
    if (last !== undefined) longest = Math.max(longest, time - last);
    last = time;
    frame = requestAnimationFrame(next);
  });
  try {
    await work();
    return longest;
  } finally {
    cancelAnimationFrame(frame);
  }
}
