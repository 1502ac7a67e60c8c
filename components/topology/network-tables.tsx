'use client';

import { type ReactNode, useId } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { Graph, GraphEdge, GraphNode } from '@/lib/topology/graph';
import type { Rate } from '@/lib/topology/traffic';
import { KindMark } from '../ui/kind-mark';
import { useStore } from '../ui/use-store';
import { edgeWords, endOf, nodeWords, placeOf, rateWords, settingsWords, stateWords } from './words';

interface TableProps {
  graph: Graph;
  selected: string | undefined;
  onSelect: (id: string) => void;
}

/** What the picture shows, to be read: the lines with what passes, and the things. */
export function LineTable({
  graph,
  rates,
  selected,
  onSelect,
}: TableProps & { rates: ReadonlyStore<ReadonlyMap<string, Rate>> }) {
  const now = useStore(rates);
  return (
    <Table title="Lines" heads={['Line', 'From', 'To', 'State', 'Frames/s down / up']}>
      {graph.edges.map((edge) => (
        <tr key={edge.id} className={rowLook(edge.id === selected)}>
          <Chooser name={edgeWords[edge.kind]} thing={edge} selected={selected} onSelect={onSelect} />
          <td className={cell}>{endOf(graph, edge, 'from')}</td>
          <td className={cell}>{endOf(graph, edge, 'to')}</td>
          <td className={`${cell} ${edge.state === 'up' ? '' : 'text-bad'}`}>
            {[stateWords(edge), settingsWords(edge)].filter(Boolean).join(', ')}
          </td>
          <td className={`${cell} text-right tabular-nums`}>{rateWords(edge, now.get(edge.id))}</td>
        </tr>
      ))}
    </Table>
  );
}

export function ThingTable({ graph, selected, onSelect }: TableProps) {
  return (
    <Table title="Things" heads={['Name', 'Kind', 'What', 'State']}>
      {graph.nodes.map((node) => (
        <tr key={node.id} className={rowLook(node.id === selected)}>
          <Chooser name={placeOf(graph, node.id)} thing={node} selected={selected} onSelect={onSelect} />
          <td className={cell}>
            {node.kind === 'machine' || node.kind === 'container' ? (
              <KindMark kind={node.kind} className="mr-1.5" />
            ) : null}
            {nodeWords[node.kind]}
          </td>
          <td className={cell}>{node.note}</td>
          <td className={`${cell} ${node.isUp ? '' : 'text-bad'}`}>{node.isUp ? 'up' : 'down'}</td>
        </tr>
      ))}
    </Table>
  );
}

const cell = 'py-1.5 pr-2 align-top sm:pr-4';

const rowLook = (isSelected: boolean) => `border-t border-line ${isSelected ? 'bg-sunken' : ''}`;

function Chooser({
  name,
  thing,
  selected,
  onSelect,
}: {
  name: string;
  thing: GraphNode | GraphEdge;
  selected: string | undefined;
  onSelect: (id: string) => void;
}) {
  return (
    <th scope="row" className={`${cell} text-left font-normal`}>
      <button
        type="button"
        aria-pressed={thing.id === selected}
        onClick={() => onSelect(thing.id)}
        className="min-h-6 text-left underline decoration-line underline-offset-4 hover:decoration-ink aria-pressed:font-semibold"
      >
        {name}
      </button>
    </th>
  );
}

function Table({ title, heads, children }: { title: string; heads: readonly string[]; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <h2 id={id} className="mb-1 font-semibold">
        {title}
      </h2>
      <div className="overflow-x-auto" role="region" aria-labelledby={id} tabIndex={0}>
        <table className="w-full text-xs sm:text-sm">
          <thead>
            <tr className="text-muted">
              {heads.map((head, at) => (
                <th
                  key={head}
                  scope="col"
                  className={`${cell} font-medium ${at === 4 ? 'text-right' : 'text-left'}`}
                >
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}
