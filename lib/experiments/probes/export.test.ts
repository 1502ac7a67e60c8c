import { expect, test } from 'vitest';
import { changedCells, rowsAsCsv, rowsAsJson } from './export';
import type { ProbeRow } from './probe';
import { startRow } from './start';

function row(machineLines: string[], volatile = false): ProbeRow {
  return {
    id: 'hostname',
    group: 'isolation',
    question: 'What is it called?',
    cells: {
      container: { type: 'value', lines: ['box'] },
      machine: { type: 'value', lines: machineLines },
      host: { type: 'failure', reason: 'down' },
    },
    verdict: 'different',
    verdictOnHost: 'unknown',
    sentence: 'It differs, as it should.',
    volatile,
  };
}

test('CSV has a line per probe and quotes what needs it', () => {
  expect(rowsAsCsv([row(['pc', 'two, lines'])])).toBe(
    [
      'id,group,question,container,machine,host,container and machine,container and its host,why',
      'hostname,isolation,What is it called?,box,"pc\ntwo, lines",down,different,unknown,"It differs, as it should."',
      '',
    ].join('\r\n'),
  );
});

test('JSON says when and where it was taken', () => {
  const environment = { platform: 'test', logicalCores: 2 };
  const parsed: unknown = JSON.parse(rowsAsJson([row(['pc'])], environment, new Date(0)));
  expect(parsed).toMatchObject({
    experiment: 'compare',
    takenAt: '1970-01-01T00:00:00.000Z',
    environment,
    samples: [{ id: 'hostname', cells: { machine: { lines: ['pc'] } } }],
  });
});

test('news is what changed and does not move by itself', () => {
  expect([...changedCells([row(['pc'])], [row(['pc2'])])]).toEqual(['hostname/machine']);
  expect([...changedCells([row(['pc'])], [row(['pc'])])]).toEqual([]);
  expect([...changedCells([row(['1 s'], true)], [row(['2 s'], true)])]).toEqual([]);
  expect([...changedCells([], [row(['pc'])])]).toEqual([]);
});

test('a start that was not measured is not compared', () => {
  const container = { totalMs: 41.4, systemCalls: 90, steps: [{ name: 'clone3', ms: 12 }] };
  const snapshot = { how: 'snapshot' as const, totalMs: 400, phases: [] };
  expect(startRow({ container: undefined, machine: snapshot, host: snapshot }).verdict).toBe('unknown');
  expect(startRow({ container, machine: undefined, host: snapshot }).sentence).toContain('not measured');
  expect(startRow({ container, machine: snapshot, host: undefined }).sentence).toBe(
    'The container was set up by docker run in 41 ms, on a kernel and an engine that were already up; the machine was put back from a snapshot in 400 ms, so it did not boot at all.',
  );
  const cold = {
    how: 'cold' as const,
    totalMs: 1900,
    phases: [
      { phase: 'firmware' as const, atMs: 0, instructions: 0 },
      { phase: 'kernel' as const, atMs: 500, instructions: 1 },
      { phase: 'ready' as const, atMs: 1500, instructions: 2 },
    ],
  };
  const row = startRow({ container, machine: cold, host: snapshot });
  expect(row.sentence).toContain('booted firmware, kernel and init in 1.90 s.');
  expect(row.cells.machine).toEqual({
    type: 'value',
    lines: ['1.90 s, cold boot', 'firmware 500 ms', 'kernel 1.00 s'],
  });
});
