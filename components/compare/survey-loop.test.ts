import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ProbeRow } from '@/lib/experiments/probes/probe';
import { SurveyLoop } from './survey-loop';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A loop whose questions are answered by hand. */
function newLoop() {
  const asked: { signal: AbortSignal; answer: (rows: ProbeRow[]) => void }[] = [];
  const loop = new SurveyLoop((signal) => new Promise((resolve) => asked.push({ signal, answer: resolve })));
  /** Answers the latest question and lets what follows happen. */
  const answer = async () => {
    asked.at(-1)?.answer([]);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { loop, asked, answer };
}

test('asks again some time after the last answer, never two at once', async () => {
  const { loop, asked, answer } = newLoop();
  loop.refresh();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  await answer();
  expect(loop.result.get()?.rows).toEqual([]);
  expect(loop.state.get()).toBe('waiting');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
  loop.dispose();
});

test('a wish for fresh answers during a survey is met by one more', async () => {
  const { loop, asked, answer } = newLoop();
  loop.refresh();
  loop.refresh();
  loop.refresh();
  await answer();
  expect(asked).toHaveLength(2);
  await answer();
  expect(asked).toHaveLength(2);
  loop.dispose();
});

test('paused or held it asks only when told to', async () => {
  const { loop, asked, answer } = newLoop();
  loop.setPaused(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(0);
  loop.refresh();
  await answer();
  expect(loop.state.get()).toBe('paused');
  const hold = loop.hold();
  loop.setPaused(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
  hold.dispose();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(2);
  loop.dispose();
});

test('disposed of it aborts and asks no more', async () => {
  const { loop, asked, answer } = newLoop();
  loop.refresh();
  loop.dispose();
  expect(asked[0]?.signal.aborted).toBe(true);
  await answer();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});
