'use client';

import {
  type Group,
  type ProbeRow,
  type Side,
  type Verdict,
  groupTitles,
  groups,
} from '@/lib/experiments/probes/probe';
import { KindMark } from '../ui/kind-mark';
import { ProbeCell } from './probe-cell';
import type { SurveyResult } from './survey-loop';

const columns: readonly { side: Side; title: string }[] = [
  { side: 'machine', title: 'Machine' },
  { side: 'container', title: 'Container' },
  { side: 'host', title: 'The container’s host' },
];

const verdicts: Record<Verdict, { sign: string; words: string }> = {
  same: { sign: '=', words: 'alike' },
  different: { sign: '≠', words: 'differ' },
  unknown: { sign: '?', words: 'not compared' },
};

/**
 * The answers side by side. On a phone every row becomes a card; the roles are spelled out because browsers take the
 * table's own away when its parts are laid out as blocks.
 */
export function ProbeTable({ result: { rows, changed } }: { result: SurveyResult }) {
  return (
    <table
      role="table"
      aria-labelledby="probes-title"
      className="block w-full text-sm md:table md:table-fixed"
    >
      <thead role="rowgroup" className="sr-only md:not-sr-only md:table-header-group">
        <tr role="row" className="md:table-row">
          <th role="columnheader" scope="col" className="pb-2 text-left font-normal text-muted md:w-[34%]">
            Question, and why the answers are as they are
          </th>
          {columns.map(({ side, title }) => (
            <th key={side} role="columnheader" scope="col" className="pb-2 pl-4 text-left font-medium">
              <SideName side={side} title={title} />
            </th>
          ))}
        </tr>
      </thead>
      {groups.map((group) => (
        <GroupRows
          key={group}
          group={group}
          rows={rows.filter((row) => row.group === group)}
          changed={changed}
        />
      ))}
    </table>
  );
}

function GroupRows({
  group,
  rows,
  changed,
}: {
  group: Group;
  rows: readonly ProbeRow[];
  changed: ReadonlySet<string>;
}) {
  return (
    <tbody role="rowgroup" className="block md:table-row-group">
      <tr role="row" className="block md:table-row">
        <th
          role="rowheader"
          scope="rowgroup"
          colSpan={columns.length + 1}
          className="block border-b border-ink pt-8 pb-1 text-left text-base font-semibold tracking-tight md:table-cell"
        >
          {groupTitles[group]}
        </th>
      </tr>
      {rows.map((row) => (
        <tr
          key={row.id}
          role="row"
          data-probe={row.id}
          className="block border-b border-line py-3 md:table-row md:py-0"
        >
          <th
            role="rowheader"
            scope="row"
            className="block text-left align-top font-normal md:table-cell md:py-3"
          >
            <span className="font-medium">{row.question}</span> <VerdictMark verdict={row.verdict} />
            <span className="mt-1 block text-muted">{row.sentence}</span>
          </th>
          {columns.map(({ side, title }) => (
            <td key={side} role="cell" className="mt-2 block align-top md:mt-0 md:table-cell md:py-3 md:pl-4">
              <span aria-hidden className="text-xs text-muted md:hidden">
                <SideName side={side} title={title} />
              </span>
              <ProbeCell cell={row.cells[side]} changed={changed.has(`${row.id}/${side}`)} />
              {side === 'host' && row.verdictOnHost === 'same' ? (
                <p className="text-xs text-muted">= as in the container</p>
              ) : null}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

function SideName({ side, title }: { side: Side; title: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <KindMark kind={side === 'container' ? 'container' : 'machine'} />
      {title}
    </span>
  );
}

function VerdictMark({ verdict }: { verdict: Verdict }) {
  const { sign, words } = verdicts[verdict];
  return (
    <span className="text-xs whitespace-nowrap text-muted">
      <span aria-hidden className="mr-1 font-mono text-ink">
        {sign}
      </span>
      {words}
    </span>
  );
}
