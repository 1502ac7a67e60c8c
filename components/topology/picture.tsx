'use client';

import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { ReadonlyStore } from '@/lib/base/store';
import type { EdgeKind, Graph, GraphEdge, GraphNode } from '@/lib/topology/graph';
import { type Box, type Curve, layOut, pointOn } from '@/lib/topology/layout';
import type { Rate } from '@/lib/topology/traffic';
import { NodeShape } from './node-shape';
import { positionsOf } from './positions';
import { type Direction, nextTowards } from './roving';
import { TrafficDots } from './traffic-dots';
import { edgeSentence, nodeSentence, settingsWords } from './words';

const arrows: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

const edgeLooks: Readonly<Record<EdgeKind, string>> = {
  cable: 'stroke-ink [stroke-width:2.5]',
  trunk: 'stroke-ink [stroke-width:3.5]',
  veth: 'stroke-container [stroke-width:2]',
  port: 'stroke-machine [stroke-width:2]',
  'stands-on': 'stroke-machine [stroke-width:2]',
  routed: 'stroke-muted [stroke-width:1.5] [stroke-dasharray:1.5_4] [stroke-linecap:round]',
  tunnel: 'stroke-machine [stroke-width:2] [stroke-dasharray:7_4]',
  shares: 'stroke-container [stroke-width:1.5] [stroke-dasharray:1.5_4] [stroke-linecap:round]',
};

/** Characters that a leaf has room for, and a frame's head for each unit of its width. */
const leafCharacters = 21;
const characterWidth = 7;

export interface PictureProps {
  graph: Graph;
  rates: ReadonlyStore<ReadonlyMap<string, Rate>>;
  selected: string | undefined;
  onSelect: (id: string) => void;
}

/** The network as a drawing. One stop of the Tab key; arrow keys lead from thing to thing. */
export function Picture({ graph, rates, selected, onSelect }: PictureProps) {
  const layout = useMemo(() => layOut(graph), [graph]);
  const positions = useMemo(() => positionsOf(graph, layout), [graph, layout]);
  const [wanted, setWanted] = useState<string>();
  const elements = useRef(new Map<string, SVGGElement>());
  const [first] = positions.keys();
  const current = wanted !== undefined && positions.has(wanted) ? wanted : first;

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    setWanted(id);
    elements.current.get(id)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = arrows[event.key];
    const all = [...positions.keys()];
    if (current === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    if (direction) focus(nextTowards(graph, positions, current, direction));
    else if (event.key === 'Home') focus(all[0]);
    else if (event.key === 'End') focus(all.at(-1));
    else if (event.key === 'Enter' || event.key === ' ') onSelect(current);
    else return;
    event.preventDefault();
  };

  /** What makes a group of shapes a button of the picture. */
  const button = (id: string, name: string) => ({
    ref: (element: SVGGElement | null) => {
      if (element) elements.current.set(id, element);
      else elements.current.delete(id);
    },
    'data-thing': id,
    role: 'button',
    'aria-label': name,
    'aria-pressed': id === selected,
    tabIndex: id === current ? 0 : -1,
    onClick: () => {
      setWanted(id);
      onSelect(id);
    },
    onFocus: () => setWanted(id),
    className: 'cursor-pointer focus:outline-none group',
  });

  const { width, height, boxes, curves } = layout;
  return (
    <div className="overflow-x-auto rounded-md border border-line bg-sunken">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label="Picture of the network"
        aria-roledescription="picture; arrow keys lead from thing to thing, Enter opens one"
        onKeyDown={onKeyDown}
        className="mx-auto block h-auto font-sans select-none"
        // Small pictures are not blown up, large ones shrink until their words would be too small, then they scroll.
        style={{
          width: `min(${width}px, max(100%, ${Math.round(width * 0.72)}px))`,
          minWidth: 'min-content',
        }}
      >
        {graph.nodes.filter(isFrame).map((node) => (
          <g key={node.id} {...button(node.id, nodeSentence(graph, node))}>
            <FrameDrawing node={node} box={boxes.get(node.id)} isSelected={node.id === selected} />
          </g>
        ))}
        {graph.edges.map((edge) => (
          <g key={edge.id} {...button(edge.id, edgeSentence(graph, edge))}>
            <EdgeDrawing edge={edge} curve={curves.get(edge.id)} isSelected={edge.id === selected} />
          </g>
        ))}
        <TrafficDots curves={curves} rates={rates} />
        {graph.nodes
          .filter((node) => !isFrame(node))
          .map((node) => (
            <g key={node.id} {...button(node.id, nodeSentence(graph, node))}>
              <LeafDrawing node={node} box={boxes.get(node.id)} isSelected={node.id === selected} />
            </g>
          ))}
      </svg>
    </div>
  );
}

const isFrame = ({ kind }: GraphNode) => kind === 'machine' || kind === 'container' || kind === 'namespace';

const shorten = (text: string, characters: number) =>
  text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;

interface NodeDrawingProps {
  node: GraphNode;
  box: Box | undefined;
  isSelected: boolean;
}

function FrameDrawing({ node, box, isSelected }: NodeDrawingProps) {
  if (!box) return null;
  const isMachine = node.kind === 'machine';
  const colour = isMachine ? 'fill-machine' : node.kind === 'container' ? 'fill-container' : 'fill-muted';
  const room = Math.floor((box.width - 40) / characterWidth);
  // A machine's name stands at its head; that of a container at its foot, with a second line when there is nothing in it.
  const hasTwoLines = !isMachine && node.note !== '';
  const y = isMachine ? box.y + 15 : box.y + box.height - (hasTwoLines ? 30 : 15);
  return (
    <>
      <title>{node.label}</title>
      <NodeShape node={node} box={box} isSelected={isSelected} />
      <FocusRing box={box} />
      {isMachine ? (
        <rect x={box.x + 12} y={y - 6} width={11} height={11} className={colour} />
      ) : (
        <circle cx={box.x + 18} cy={y} r={6} className={colour} />
      )}
      <text x={box.x + 30} y={y + 4.5} className="fill-ink text-[13px] font-semibold">
        {shorten(node.label, room)}
      </text>{' '}
      {node.note === '' ? null : (
        <text
          x={isMachine ? box.x + box.width - 12 : box.x + 30}
          y={isMachine ? y + 4.5 : y + 20}
          textAnchor={isMachine ? 'end' : 'start'}
          className="fill-muted text-[11px]"
        >
          {shorten(node.note, room + 3)}
        </text>
      )}
    </>
  );
}

function LeafDrawing({ node, box, isSelected }: NodeDrawingProps) {
  if (!box) return null;
  const middle = box.x + box.width / 2;
  const note = node.isUp ? node.note : 'down';
  return (
    <>
      <title>{node.label}</title>
      <NodeShape node={node} box={box} isSelected={isSelected} />
      <FocusRing box={box} />
      <text
        x={middle}
        y={box.y + (note === '' ? 26 : 18)}
        textAnchor="middle"
        className="fill-ink text-[12.5px] font-medium"
      >
        {shorten(node.label, leafCharacters)}
      </text>{' '}
      <text
        x={middle}
        y={box.y + 33}
        textAnchor="middle"
        className={`text-[11px] ${node.isUp ? 'fill-muted' : 'fill-bad'}`}
      >
        {shorten(note, leafCharacters + 2)}
      </text>
    </>
  );
}

function FocusRing({ box }: { box: Box }) {
  return (
    <rect
      x={box.x - 4}
      y={box.y - 4}
      width={box.width + 8}
      height={box.height + 8}
      rx={6}
      className="fill-none stroke-ink stroke-2 opacity-0 group-focus-visible:opacity-100"
    />
  );
}

const path = ([a, b, c, d]: Curve) => `M${a.x} ${a.y}C${b.x} ${b.y} ${c.x} ${c.y} ${d.x} ${d.y}`;

function EdgeDrawing({
  edge,
  curve,
  isSelected,
}: {
  edge: GraphEdge;
  curve: Curve | undefined;
  isSelected: boolean;
}) {
  if (!curve) return null;
  const { x, y } = pointOn(curve, 0.5);
  const isDown = edge.state !== 'up';
  // Beside a line that goes down, below one that goes across.
  const isFlat = Math.abs(curve[3].x - curve[0].x) > 60;
  const words = settingsWords(edge);
  const label = [edge.kind === 'cable' && edge.change ? edge.fromEnd : '', words].filter(Boolean).join(' · ');
  return (
    <>
      <title>{`${edge.fromEnd} – ${edge.toEnd}`}</title>
      <path d={path(curve)} className="fill-none stroke-transparent [stroke-width:14]" />
      <path
        d={path(curve)}
        className={`fill-none ${edgeLooks[edge.kind]} ${isDown ? 'opacity-45 [stroke-dasharray:3_5]' : ''} ${isSelected ? '[stroke-width:4]' : ''}`}
      />
      <circle cx={x} cy={y} r={12} className="fill-transparent" />
      <circle
        cx={x}
        cy={y}
        r={9}
        className="fill-none stroke-ink stroke-2 opacity-0 group-focus-visible:opacity-100"
      />
      {isDown ? (
        <>
          <circle cx={x} cy={y} r={7} className="fill-bad-soft" />
          <path
            d={edge.state === 'down' ? `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` : `M${x - 2.5} ${y - 4}v8m5 -8v8`}
            className="stroke-bad [stroke-width:2]"
          />
        </>
      ) : (
        <circle
          cx={x}
          cy={y}
          r={isSelected ? 5 : 3.5}
          className={words === '' ? 'fill-sunken stroke-muted' : 'fill-ink stroke-ink'}
        />
      )}
      {label === '' ? null : (
        <text
          x={isFlat ? x : x + 12}
          y={isFlat ? y + 18 : y + 4}
          textAnchor={isFlat ? 'middle' : 'start'}
          className="fill-muted stroke-sunken text-[11px] [paint-order:stroke] [stroke-width:4]"
        >
          {label}
        </text>
      )}
    </>
  );
}
