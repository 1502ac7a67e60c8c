export const resourceKinds = ['style', 'script', 'image', 'media'] as const;
export type ResourceKind = (typeof resourceKinds)[number];

/** A page's script has put something into it: the bridge asks the frame's program for it. */
export interface PageResource {
  type: 'resource';
  id: number;
  kind: ResourceKind;
  url: string;
}

/** An address that needs no network; none when the resource did not come. */
export interface ResourceAnswer {
  type: 'resource';
  id: number;
  data: string | undefined;
}
