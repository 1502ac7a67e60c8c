'use client';

import { type KeyboardEvent, useRef } from 'react';
import type { Layer, LayerField, Protocol } from '@/lib/packets/layer';

/** What the bytes beside the tree show. */
export interface ByteRange {
  at: number;
  length: number;
}

type Node =
  | { type: 'layer'; id: string; layer: Layer; isOpen: boolean }
  | { type: 'field'; id: string; field: LayerField; parent: number };

/** Layers and their fields: https://www.w3.org/WAI/ARIA/apg/patterns/treeview/ */
export function LayerTree({
  layers,
  open,
  selected,
  onOpen,
  onSelect,
}: {
  layers: readonly Layer[];
  /** Protocols whose fields are shown. */
  open: ReadonlySet<Protocol>;
  /** Id of a node. */
  selected: string | undefined;
  onOpen: (protocol: Protocol, isOpen: boolean) => void;
  onSelect: (id: string, range: ByteRange) => void;
}) {
  const tree = useRef<HTMLUListElement>(null);
  const nodes = layers.flatMap((layer, at): Node[] => {
    const isOpen = open.has(layer.protocol);
    const fields = layer.fields.filter(({ isForFilters }) => !isForFilters);
    return [
      { type: 'layer', id: `${at}`, layer, isOpen },
      ...(isOpen
        ? fields.map((field, index): Node => ({ type: 'field', id: `${at}-${index}`, field, parent: at }))
        : []),
    ];
  });
  const current = Math.max(
    0,
    nodes.findIndex(({ id }) => id === selected),
  );

  const select = (node: Node | undefined) => {
    if (!node) return;
    onSelect(node.id, node.type === 'layer' ? node.layer : node.field);
    tree.current?.querySelector<HTMLElement>(`[data-node="${node.id}"]`)?.focus();
  };
  const toggle = (node: Node | undefined, isOpen: boolean) => {
    if (node?.type === 'layer') onOpen(node.layer.protocol, isOpen);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const node = nodes[current];
    switch (event.key) {
      case 'ArrowDown':
        select(nodes[current + 1]);
        break;
      case 'ArrowUp':
        select(nodes[current - 1]);
        break;
      case 'Home':
        select(nodes[0]);
        break;
      case 'End':
        select(nodes.at(-1));
        break;
      case 'ArrowRight':
        if (node?.type === 'layer' && node.isOpen) select(nodes[current + 1]);
        else toggle(node, true);
        break;
      case 'ArrowLeft':
        if (node?.type === 'field') select(nodes.find(({ id }) => id === `${node.parent}`));
        else toggle(node, false);
        break;
      case 'Enter':
      case ' ':
        if (node?.type === 'layer') toggle(node, !node.isOpen);
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  return (
    <ul
      ref={tree}
      role="tree"
      aria-label="Layers"
      onKeyDown={onKeyDown}
      className="max-h-96 overflow-y-auto rounded-md border border-line bg-surface py-1 text-[0.8125rem]"
    >
      {nodes.map((node, at) => {
        const shared = {
          'data-node': node.id,
          tabIndex: at === current ? 0 : -1,
          className:
            'flex cursor-default flex-wrap gap-x-2 px-2 py-0.5 -outline-offset-2 [overflow-wrap:anywhere] hover:bg-sunken aria-selected:bg-ink aria-selected:text-paper',
        };
        if (node.type === 'field')
          return (
            <li
              key={node.id}
              role="treeitem"
              {...shared}
              aria-selected={node.id === selected}
              aria-level={2}
              onClick={() => select(node)}
            >
              <span className="pl-5 opacity-75">{node.field.name}</span>
              <span>{node.field.value}</span>
            </li>
          );
        const { layer, isOpen } = node;
        return (
          <li
            key={node.id}
            role="treeitem"
            {...shared}
            aria-selected={node.id === selected}
            aria-level={1}
            aria-expanded={isOpen}
            onClick={() => {
              if (node.id === selected || !isOpen) toggle(node, !isOpen);
              select(node);
            }}
          >
            <span aria-hidden className="w-3 opacity-75">
              {isOpen ? '▾' : '▸'}
            </span>
            <span className="font-medium">{layer.title}</span>
            <span>{layer.summary}</span>
            {layer.fault === undefined ? null : <span className="font-medium">Fault: {layer.fault}</span>}
          </li>
        );
      })}
    </ul>
  );
}
