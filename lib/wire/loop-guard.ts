/** A cable between two switches. */
export interface Trunk {
  one: string;
  other: string;
}

/** Those that close a loop, and must carry nothing. Who comes first stays: the result is a spanning tree of each part (Kruskal). */
export function redundantTrunks<T extends Trunk>(trunks: readonly T[]): Set<T> {
  const leaders = new Map<string, string>();
  const leaderOf = (name: string): string => {
    let leader = name;
    for (let next = leaders.get(leader); next !== undefined; next = leaders.get(leader)) leader = next;
    return leader;
  };
  const redundant = new Set<T>();
  for (const trunk of trunks) {
    const [one, other] = [leaderOf(trunk.one), leaderOf(trunk.other)];
    if (one === other) redundant.add(trunk);
    else leaders.set(one, other);
  }
  return redundant;
}
