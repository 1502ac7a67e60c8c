import { z } from 'zod';
import { HullError } from '../../base/hull-error';
import type { Station } from '../../fleet/station';
import type { AddressEntry, Wire } from '../../wire/wire';
import {
  formatAddress,
  type Ipv4Address,
  type Mac,
  parseAddress,
  parseMac,
} from '../../wire/formats/addresses';
import { type FrameLayers, frameWords, readLayers } from './frame-words';
import type { Evidence, Finding } from './proof';

const inspectSchema = z.array(
  z.object({
    NetworkSettings: z.object({
      Networks: z.record(z.string(), z.object({ IPAddress: z.string(), MacAddress: z.string() })),
    }),
  }),
);

const maxTries = 50;

export interface Said {
  /** Exited with 0. */
  worked: boolean;
  /** What it printed, trimmed; complaints come last. */
  output: string;
}

/** A frame, where and which way it passed the switch. */
export interface SeenFrame {
  port: string;
  /** Seen from the switch. */
  direction: 'in' | 'out';
  layers: FrameLayers;
}

/** One of the two machines, with the engine's client. */
export class LabMachine {
  private constructor(
    readonly name: string,
    readonly port: string,
    readonly address: Ipv4Address,
    readonly mac: Mac,
    private readonly station: Station,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws HullError `no-address` */
  static async of(station: Station, signal: AbortSignal): Promise<LabMachine> {
    const unknown = new LabMachine(station.name, station.port, 0, 0, station, signal);
    const address = parseAddress(
      await unknown.tell(`ip -4 addr show eth0 | sed -n 's:.*inet \\([^/]*\\).*:\\1:p'`),
    );
    const mac = parseMac(await unknown.tell('cat /sys/class/net/eth0/address'));
    if (address === undefined || mac === undefined)
      throw new HullError(
        'no-address',
        `The machine ${station.name} has no address on the wire.`,
        'Plug its card in and give it one, or put a gateway on the wire.',
      );
    return new LabMachine(station.name, station.port, address, mac, station, signal);
  }

  get ip(): string {
    return formatAddress(this.address);
  }

  async run(command: string): Promise<Said> {
    const { status, stdout, stderr } = await this.station.guest.run(
      { argv: ['sh', '-c', command] },
      this.signal,
    );
    const [said = '', complained = ''] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes).trim(),
    );
    const output = [said, complained].filter((text) => text !== '').join('\n');
    return { worked: status.type === 'exited' && status.code === 0, output };
  }

  /** What a command that must succeed prints. @throws HullError `command-failed` */
  async tell(command: string): Promise<string> {
    const { worked, output } = await this.run(command);
    if (!worked)
      throw new HullError(
        'command-failed',
        `On ${this.name}, “${command}” failed: ${output}`,
        'Run it in a shell of that machine to see more.',
      );
    return output;
  }

  /** The finding that a command works, or that it does not. */
  async find(sentence: string, command: string, holds: (said: Said) => boolean): Promise<Finding> {
    const said = await this.run(command);
    return { sentence, holds: holds(said), evidence: this.evidence(command, said.output) };
  }

  /** The same of what takes a moment: a server that comes to listen, what one machine tells the other. */
  async findSoon(sentence: string, command: string, holds: (said: Said) => boolean): Promise<Finding> {
    for (let tries = 1; ; tries++) {
      const finding = await this.find(sentence, command, holds);
      if (finding.holds || tries === maxTries) return finding;
      await this.run('usleep 200000');
    }
  }

  evidence(command: string, output: string): Evidence {
    // `ip -o` writes a backslash where a line would end; what follows says how long an address is valid.
    const lines = output.split('\n').map((line) => line.replace(/\s*\\.*$/, ''));
    return { type: 'command', place: `${this.name}: ${command}`, lines };
  }

  /** A container's first address and hardware address in a network. */
  async endpoint(container: string, network: string): Promise<{ address: Ipv4Address; mac: Mac }> {
    const inspected = inspectSchema.parse(JSON.parse(await this.tell(`docker inspect ${container}`)));
    const { IPAddress: ip = '', MacAddress: hardware = '' } =
      inspected[0]?.NetworkSettings.Networks[network] ?? {};
    const [address, mac] = [parseAddress(ip), parseMac(hardware)];
    if (address === undefined || mac === undefined)
      throw new HullError(
        'no-address',
        `The container ${container} has no address in ${network}.`,
        'Inspect it.',
      );
    return { address, mac };
  }
}

/** Two hosts on one switch, and an eye on the cables to them. */
export class DriverLab {
  private captures = 0;

  constructor(
    readonly left: LabMachine,
    readonly right: LabMachine,
    private readonly wire: Wire,
    private readonly switchName: string,
  ) {}

  /** What passes the two machines' ports while something is done. */
  async watch<T>(work: () => Promise<T>): Promise<{ result: T; frames: readonly SeenFrame[] }> {
    const capture = `drivers-${++this.captures}`;
    const ports = [this.left.port, this.right.port];
    await this.wire.startCapture({ capture, ports });
    try {
      const result = await work();
      const { packets } = await this.wire.readCapture(capture);
      const frames = packets.map(({ point, direction, bytes }) => ({
        port: ports[point] ?? '',
        direction,
        layers: readLayers(bytes),
      }));
      return { result, frames };
    } finally {
      await this.wire.endCapture(capture);
    }
  }

  readAddresses(): Promise<readonly AddressEntry[]> {
    return this.wire.readAddresses(this.switchName);
  }
}

/** The finding that such a frame has passed. */
export function findFrame(
  sentence: string,
  frames: readonly SeenFrame[],
  wanted: (frame: SeenFrame) => boolean,
): Finding {
  const found = frames.find(wanted);
  if (!found)
    return {
      sentence,
      holds: false,
      evidence: { type: 'frames', place: 'frames at the switch', lines: [`none of ${frames.length}`] },
    };
  const { port, direction, layers } = found;
  const place = direction === 'in' ? `frame from ${port} to the switch` : `frame from the switch to ${port}`;
  return { sentence, holds: true, evidence: { type: 'frames', place, lines: frameWords(layers) } };
}

/** The finding that none such has. */
export function findNoFrame(
  sentence: string,
  frames: readonly SeenFrame[],
  unwanted: (frame: SeenFrame) => boolean,
): Finding {
  const { holds, evidence } = findFrame(sentence, frames, unwanted);
  if (holds) return { sentence, holds: false, evidence };
  const lines = [`${frames.length} frames passed, none of them such`];
  return { sentence, holds: true, evidence: { type: 'frames', place: 'frames at the switch', lines } };
}
