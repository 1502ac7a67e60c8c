'use client';

import { useEffect, useRef } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import { type Curve, pointOn } from '@/lib/topology/layout';
import type { Rate } from '@/lib/topology/traffic';

/** How long a dot is on its way, whatever the line's length. */
const journeyMs = 800;
/** In one direction of a line. More would be a stripe, and the picture would be what the machines' cores do. */
const mostDotsPerSecond = 8;
const mostDots = 150;
/** A tab that was hidden does not make up for what it has missed. */
const longestStepMs = 100;

interface Dot {
  edge: string;
  isForward: boolean;
  setOutMs: number;
}

/** A dot for a frame, as far as the counters tell of them; nothing for people who want no motion. Not for reading: a table has the rates. */
export function TrafficDots({
  curves,
  rates,
}: {
  curves: ReadonlyMap<string, Curve>;
  rates: ReadonlyStore<ReadonlyMap<string, Rate>>;
}) {
  const group = useRef<SVGGElement>(null);
  const places = useRef(curves);
  useEffect(() => {
    places.current = curves;
  }, [curves]);

  useEffect(() => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    let dots: Dot[] = [];
    let frame = 0;
    let lastMs = 0;
    const due = new Map<string, number>();

    const setOut = (nowMs: number) => {
      const seconds = Math.min(nowMs - lastMs, longestStepMs) / 1000;
      for (const [edge, { forward, backward }] of rates.get())
        for (const isForward of [true, false]) {
          const perSecond = Math.min(isForward ? forward : backward, mostDotsPerSecond);
          const key = `${edge} ${isForward}`;
          const sum = (due.get(key) ?? 0) + perSecond * seconds;
          due.set(key, sum % 1);
          if (sum >= 1 && dots.length < mostDots) dots.push({ edge, isForward, setOutMs: nowMs });
        }
    };
    const draw = (nowMs: number) => {
      setOut(nowMs);
      lastMs = nowMs;
      dots = dots.filter(({ edge, setOutMs }) => nowMs - setOutMs < journeyMs && places.current.has(edge));
      const parent = group.current;
      if (!parent) return;
      while (parent.childElementCount < dots.length)
        parent.append(document.createElementNS('http://www.w3.org/2000/svg', 'circle'));
      while (parent.childElementCount > dots.length) parent.lastElementChild?.remove();
      for (const [at, { edge, isForward, setOutMs }] of dots.entries()) {
        const curve = places.current.get(edge);
        const circle = parent.children[at];
        if (!curve || !circle) continue;
        const gone = (nowMs - setOutMs) / journeyMs;
        const { x, y } = pointOn(curve, isForward ? gone : 1 - gone);
        circle.setAttribute('cx', x.toFixed(1));
        circle.setAttribute('cy', y.toFixed(1));
        circle.setAttribute('r', '3.5');
      }
      const isDone = dots.length === 0 && rates.get().size === 0;
      if (isDone) due.clear();
      frame = isDone ? 0 : requestAnimationFrame(draw);
    };
    const begin = () => {
      if (frame !== 0 || calm.matches || rates.get().size === 0) return;
      lastMs = performance.now();
      frame = requestAnimationFrame(draw);
    };
    const stop = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      dots = [];
      group.current?.replaceChildren();
    };
    const onMotion = () => (calm.matches ? stop() : begin());
    const subscription = rates.subscribe(begin);
    calm.addEventListener('change', onMotion);
    begin();
    return () => {
      subscription.dispose();
      calm.removeEventListener('change', onMotion);
      stop();
    };
  }, [rates]);

  return <g ref={group} aria-hidden className="pointer-events-none fill-good" />;
}
