'use client';

import { useEffect, useState } from 'react';
import { messageOf } from '@/lib/base/hull-error';
import type { Disposable } from '@/lib/base/lifecycle';
import { rowsAsCsv, rowsAsJson } from '@/lib/experiments/probes/export';
import { Button } from '../ui/button';
import { downloadFile } from '../ui/download';
import { useStore } from '../ui/use-store';
import { ProbeTable } from './probe-table';
import type { SurveyLoop, SurveyResult, SurveyState } from './survey-loop';

/** The table, asked anew every few seconds while somebody looks. */
export function ProbesSection({ loop }: { loop: SurveyLoop }) {
  const result = useStore(loop.result);
  const state = useStore(loop.state);
  const [paused, setPaused] = useState(false);

  useEffect(() => loop.setPaused(paused), [loop, paused]);
  useEffect(() => {
    let hold: Disposable | undefined;
    const look = () => {
      hold?.dispose();
      hold = document.visibilityState === 'hidden' ? loop.hold() : undefined;
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      hold?.dispose();
    };
  }, [loop]);

  return (
    <section aria-labelledby="probes-title" className="space-y-2">
      <h2 id="probes-title" className="text-xl font-semibold tracking-tight">
        The same questions, asked inside both
      </h2>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Ask again by itself' : 'Pause'}
        </Button>
        <Button onClick={() => loop.refresh()}>Ask now</Button>
        <p className="text-sm text-muted tabular-nums">{stateText(state, result)}</p>
      </div>
      <p role="status" className="sr-only">
        {news(result)}
      </p>
      {result ? (
        <>
          <ProbeTable result={result} />
          <ExportButtons result={result} />
        </>
      ) : null}
    </section>
  );
}

function stateText(state: SurveyState, result: SurveyResult | undefined): string {
  const taken = result ? `Answers of ${result.takenAt.toLocaleTimeString('en-GB')}.` : '';
  switch (state) {
    case 'asking':
      return result ? taken : 'Asking…';
    case 'waiting':
      return taken;
    case 'paused':
      return `${taken} Paused.`;
  }
}

/** Said to screen readers: the first answers, and later only what is new. */
function news(result: SurveyResult | undefined): string {
  if (!result) return '';
  if (result.changed.size === 0) return `${result.rows.length} questions answered.`;
  const questions = result.rows.filter(({ id }) =>
    [...result.changed].some((cell) => cell.startsWith(`${id}/`)),
  );
  return `Changed: ${questions.map(({ question }) => question).join(' ')}`;
}

function ExportButtons({ result }: { result: SurveyResult }) {
  const [said, setSaid] = useState('');
  const json = () =>
    rowsAsJson(
      result.rows,
      { platform: navigator.userAgent, logicalCores: navigator.hardwareConcurrency },
      result.takenAt,
    );
  const copy = () =>
    navigator.clipboard.writeText(rowsAsCsv(result.rows)).then(
      () => setSaid('Copied.'),
      (cause: unknown) => setSaid(`Not copied: ${messageOf(cause)} The downloads work.`),
    );
  return (
    <div className="flex flex-wrap items-center gap-2 pt-4">
      <Button onClick={() => void copy()}>Copy as CSV</Button>
      <Button onClick={() => downloadFile('twinhull-compare.csv', rowsAsCsv(result.rows), 'text/csv')}>
        Download CSV
      </Button>
      <Button onClick={() => downloadFile('twinhull-compare.json', json(), 'application/json')}>
        Download JSON
      </Button>
      <p role="status" className="text-sm text-muted">
        {said}
      </p>
    </div>
  );
}
