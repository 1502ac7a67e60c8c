import type { GraphNode } from '@/lib/topology/graph';
import type { Box } from '@/lib/topology/layout';

/** The kinds' outlines and colours: a machine's things have its colour and corners, a container's are round. */
export function NodeShape({ node, box, isSelected }: { node: GraphNode; box: Box; isSelected: boolean }) {
  const { x, y, width, height } = box;
  const dash = node.isUp ? undefined : '4 3';
  const weight = isSelected ? 3 : 1.5;
  const shared = { x, y, width, height, strokeWidth: weight, strokeDasharray: dash };
  switch (node.kind) {
    case 'machine':
      return <rect {...shared} className="fill-surface stroke-machine" />;
    case 'container':
      return <rect {...shared} rx={16} className="fill-container-soft stroke-container" />;
    case 'namespace':
      return <rect {...shared} rx={16} strokeDasharray="2 4" className="fill-sunken stroke-muted" />;
    case 'card':
    case 'vlan':
      return (
        <>
          <rect {...shared} className="fill-machine-soft stroke-machine" />
          {node.kind === 'vlan' ? (
            <path d={`M${x + 6} ${y}v${height}`} strokeWidth={1.5} className="stroke-machine" />
          ) : null}
        </>
      );
    case 'bridge':
      return <rect {...shared} rx={height / 2} className="fill-machine-soft stroke-machine" />;
    case 'vxlan':
      return (
        <path
          d={`M${x + 14} ${y}h${width - 28}l14 ${height / 2}l-14 ${height / 2}h${28 - width}l-14 ${-height / 2}z`}
          strokeWidth={weight}
          strokeDasharray={dash}
          className="fill-machine-soft stroke-machine"
        />
      );
    case 'veth':
    case 'macvlan':
    case 'ipvlan':
    case 'link':
      return <rect {...shared} rx={6} className="fill-surface stroke-container" />;
    case 'switch':
      return (
        <>
          <rect {...shared} rx={3} strokeWidth={weight + 0.5} className="fill-surface stroke-ink" />
          <path
            d={`M${x + 12} ${y + height + 3}h${width - 24}`}
            strokeWidth={4}
            strokeDasharray="6 5"
            className="stroke-muted"
          />
        </>
      );
    case 'gateway':
      return (
        <path
          d={`M${x + 12} ${y}h${width - 24}l12 ${height}h${-width}z`}
          strokeWidth={weight}
          className="fill-surface stroke-ink"
        />
      );
    case 'stranger':
      return <rect {...shared} strokeDasharray="2 4" className="fill-sunken stroke-muted" />;
  }
}
