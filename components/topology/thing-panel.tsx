'use client';

import { type ReactNode, type Ref } from 'react';
import type { Fact, Graph, GraphEdge, GraphNode, LinkPlace } from '@/lib/topology/graph';
import { perfectLink } from '@/lib/wire/link/link-settings';
import type { LinkChange } from '@/lib/wire/wire';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { CableForm } from './cable-form';
import type { Change } from './use-change';
import { edgeWords, endOf, nodeWords, placeOf, settingsWords, stateWords } from './words';

export interface ThingPanelProps {
  graph: Graph;
  change: Change;
  headingRef: Ref<HTMLHeadingElement>;
  onChangeCable: (port: string, change: LinkChange) => Promise<void>;
  onSetLink: (link: LinkPlace, up: boolean) => Promise<void>;
  /** Nothing is offered without it. */
  onShell?: (station: string, container?: { id: string; name: string }) => Promise<void>;
  onClose: () => void;
}

/** What was chosen in the picture or a table, and what can be done with it. */
export function ThingPanel({ thing, ...rest }: ThingPanelProps & { thing: GraphNode | GraphEdge }) {
  return 'from' in thing ? <EdgePanel edge={thing} {...rest} /> : <NodePanel node={thing} {...rest} />;
}

function EdgePanel({ edge, ...rest }: ThingPanelProps & { edge: GraphEdge }) {
  const { graph, change, onChangeCable, onSetLink } = rest;
  const facts: Fact[] = [
    ['From', endOf(graph, edge, 'from')],
    ['To', endOf(graph, edge, 'to')],
    ['State', stateWords(edge)],
  ];
  const settings = settingsWords(edge);
  if (settings !== '') facts.push(['Treats frames', settings]);
  return (
    <Frame title={edgeWords[edge.kind]} facts={facts} {...rest}>
      {edge.change?.type === 'cable' ? (
        <CableControls
          // What somebody else changes, or the form did, is what the form begins with.
          key={JSON.stringify(edge.change.link)}
          change={change}
          port={edge.change.port}
          link={edge.change.link}
          onChangeCable={onChangeCable}
        />
      ) : null}
      {edge.change?.type === 'link' ? (
        <LinkControls link={edge.change.link} change={change} onSetLink={onSetLink} />
      ) : null}
      {edge.kind === 'routed' ? (
        <Hint>
          Not a link: the machine’s kernel forwards packets between the two, and translates addresses.
        </Hint>
      ) : null}
      {edge.kind === 'shares' ? <Hint>The container has no network of its own.</Hint> : null}
    </Frame>
  );
}

function CableControls({
  port,
  link,
  change,
  onChangeCable,
}: {
  port: string;
  link: Extract<GraphEdge['change'], { type: 'cable' }>['link'];
  change: Change;
  onChangeCable: ThingPanelProps['onChangeCable'];
}) {
  const isUp = link.in.up && link.out.up;
  const apply = (it: LinkChange) => void change.attempt(() => onChangeCable(port, it));
  const both = (it: NonNullable<LinkChange['in']>) => apply({ in: it, out: it });
  const isPerfect = JSON.stringify([link.in, link.out]) === JSON.stringify([perfectLink, perfectLink]);
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap gap-2">
        <Button disabled={change.isBusy} onClick={() => both({ up: !isUp })}>
          {isUp ? 'Cut the cable' : 'Mend the cable'}
        </Button>
        {isPerfect ? null : (
          <Button look="quiet" disabled={change.isBusy} onClick={() => both(perfectLink)}>
            Make it perfect
          </Button>
        )}
      </div>
      <CableForm
        link={link}
        isBusy={change.isBusy}
        onApply={(direction, it) =>
          direction === 'both' ? both(it) : apply(direction === 'in' ? { in: it } : { out: it })
        }
      />
    </div>
  );
}

function LinkControls({
  link,
  change,
  onSetLink,
}: {
  link: LinkPlace;
  change: Change;
  onSetLink: ThingPanelProps['onSetLink'];
}) {
  const turn = link.isUp ? 'down' : 'up';
  return (
    <div className="space-y-2">
      <Button disabled={change.isBusy} onClick={() => void change.attempt(() => onSetLink(link, !link.isUp))}>
        Take {link.name} {turn}
      </Button>
      <Hint>
        As{' '}
        <code className="font-mono text-ink">
          ip link set {link.name} {turn}
        </code>{' '}
        does
        {link.path === undefined ? ` on ${link.station}` : ' in its namespace'}.
      </Hint>
    </div>
  );
}

function NodePanel({ node, ...rest }: ThingPanelProps & { node: GraphNode }) {
  const { graph, change, onSetLink, onShell } = rest;
  const { station, container } = node;
  const hasShell = station !== undefined && (node.kind === 'machine' || container !== undefined);
  return (
    <Frame title={`${nodeWords[node.kind]} ${placeOf(graph, node.id)}`} facts={node.facts} {...rest}>
      {hasShell && onShell ? (
        <Button
          disabled={change.isBusy}
          onClick={() =>
            void change.attempt(() =>
              container === undefined
                ? onShell(station)
                : onShell(station, { id: container, name: node.label }),
            )
          }
        >
          Open a shell
        </Button>
      ) : null}
      {node.link ? <LinkControls link={node.link} change={change} onSetLink={onSetLink} /> : null}
    </Frame>
  );
}

function Hint({ children }: { children: ReactNode }) {
  return <p className="text-sm text-muted">{children}</p>;
}

function Frame({
  title,
  facts,
  change,
  headingRef,
  onClose,
  children,
}: Pick<ThingPanelProps, 'change' | 'headingRef' | 'onClose'> & {
  title: string;
  facts: readonly Fact[];
  children: ReactNode;
}) {
  return (
    <div
      className="space-y-4"
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div className="flex items-start justify-between gap-3">
        <h2 ref={headingRef} tabIndex={-1} className="font-semibold [overflow-wrap:anywhere]">
          {title}
        </h2>
        <Button look="quiet" onClick={onClose} className="-mt-1.5 -mr-3">
          Close
        </Button>
      </div>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="[overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      {change.failure === undefined ? null : (
        <FailureNotice failure={change.failure}>
          <Button look="quiet" onClick={change.forget}>
            Dismiss
          </Button>
        </FailureNotice>
      )}
      {children}
    </div>
  );
}
