import { useEffect, useState } from 'react';

/** `performance.now()`, renewed with every frame while `running`; people who asked for less motion get four a second. */
export function useFrameClock(running: boolean): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (!running) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let frame = 0;
    let shownAt = 0;
    const tick = (time: number) => {
      if (!calm || time - shownAt >= 250) {
        shownAt = time;
        setNow(performance.now());
      }
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [running]);
  return now;
}
