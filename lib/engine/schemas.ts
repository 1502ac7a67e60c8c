// Docker Engine API 1.44: https://docs.docker.com/reference/api/engine/version/v1.44/
import { z } from 'zod';

/** Docker's words for where a container is in its life. */
const containerState = z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']);

const port = z
  .object({
    IP: z.string().optional(),
    PrivatePort: z.number().int(),
    PublicPort: z.number().int().optional(),
    Type: z.string(),
  })
  .transform((it) => ({
    private: it.PrivatePort,
    public: it.PublicPort,
    protocol: it.Type,
    /** The address of the machine at which it is published; undefined when that is all of them. */
    address: it.IP === undefined || /^(?:0\.0\.0\.0|::|)$/.test(it.IP) ? undefined : it.IP,
  }));

const container = z
  .object({
    Id: z.string(),
    Names: z.array(z.string()),
    Image: z.string(),
    Command: z.string(),
    State: containerState,
    Status: z.string(),
    Ports: z.array(port).nullish(),
  })
  .transform((it) => ({
    id: it.Id,
    name: it.Names[0]?.replace(/^\//, '') ?? it.Id.slice(0, 12),
    image: it.Image,
    command: it.Command,
    state: it.State,
    /** As `docker ps` prints it: true when it was read, for it says how long ago. */
    status: it.Status,
    ports: it.Ports ?? [],
  }));

const image = z
  .object({
    Id: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Created: z.number(),
    Size: z.number().nonnegative(),
  })
  .transform((it) => ({
    id: it.Id,
    tags: (it.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
    createdUnixMs: it.Created * 1000,
    bytes: it.Size,
  }));

const volume = z
  .object({ Name: z.string(), Driver: z.string(), Mountpoint: z.string() })
  .transform((it) => ({ name: it.Name, driver: it.Driver, mountpoint: it.Mountpoint }));

const network = z
  .object({
    Id: z.string(),
    Name: z.string(),
    Driver: z.string(),
    IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().optional() })).nullish() }).nullish(),
  })
  .transform((it) => ({
    id: it.Id,
    name: it.Name,
    driver: it.Driver,
    subnets: (it.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
  }));

const event = z
  .object({
    Type: z.string(),
    Action: z.string(),
    timeNano: z.number(),
    Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
  })
  .transform((it) => ({
    type: it.Type,
    action: it.Action,
    /** By the guest's clock, milliseconds since the epoch. */
    unixMs: it.timeNano / 1e6,
    id: it.Actor.ID,
    attributes: it.Actor.Attributes ?? {},
  }));

export const schemas = {
  containers: z.array(container),
  images: z.array(image),
  volumes: z.object({ Volumes: z.array(volume).nullish() }).transform((it) => it.Volumes ?? []),
  networks: z.array(network),
  event,
  stats: z.object({ memory_stats: z.object({ usage: z.number().nonnegative() }) }),
  refusal: z.object({ message: z.string() }),
  anything: z.json(),
};

export type ContainerState = z.infer<typeof containerState>;
export type Container = z.infer<typeof container>;
export type Image = z.infer<typeof image>;
export type Volume = z.infer<typeof volume>;
export type Network = z.infer<typeof network>;
export type EngineEvent = z.infer<typeof event>;
export type Json = z.infer<typeof schemas.anything>;
