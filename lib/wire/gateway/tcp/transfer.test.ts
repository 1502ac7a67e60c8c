import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseAddress, parseSubnet } from '../../formats/addresses';
import type { ByteStream } from '../byte-stream';
import { Host } from '../host';
import { type CableQuality, SimulatedCable, Simulation } from '../simulation';
import type { TcpDirectory } from './endpoint';
import type { TcpSettings } from './settings';

const subnet = parseSubnet('10.0.0.0/24') ?? { address: 0, prefixLength: 0 };
const serverAddress = parseAddress('10.0.0.1') ?? 0;
const clientAddress = parseAddress('10.0.0.2') ?? 0;

function twoHosts(
  quality: Partial<CableQuality>,
  serve: (stream: ByteStream) => Promise<void>,
  settings: Partial<TcpSettings> = {},
) {
  const simulation = new Simulation();
  const cable = new SimulatedCable(simulation, quality);
  const host = (end: 0 | 1, address: number, tcp: TcpDirectory) => {
    const made = new Host({
      mac: 0x0200_0000_0000 + address,
      address,
      subnet,
      surroundings: simulation,
      send: cable.sinkOf(end),
      tcp,
      tcpSettings: settings,
    });
    cable.plug(end, (frame) => made.receive(frame));
    return made;
  };
  const server = host(0, serverAddress, (_, port) => (port === 80 ? serve : undefined));
  const client = host(1, clientAddress, () => undefined);
  return {
    simulation,
    cable,
    server,
    client,
    dial: (port = 80) => client.tcp.connect(clientAddress, { address: serverAddress, port }),
  };
}

/** Bytes that are nowhere the same, made as they are sent. */
async function send(stream: ByteStream, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (let sent = 0; sent < bytes;) {
    const chunk = new Uint8Array(Math.min(65_536, bytes - sent));
    new DataView(chunk.buffer).setUint32(0, sent);
    for (let at = 4; at < chunk.length; at += 97) chunk[at] = at * 31 + sent;
    hash.update(chunk);
    sent += chunk.length;
    await stream.write(chunk);
  }
  stream.end();
  return hash.digest('hex');
}

async function receive(stream: ByteStream): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (;;) {
    const chunk = await stream.read();
    if (!chunk) return { digest: hash.digest('hex'), bytes };
    hash.update(chunk);
    bytes += chunk.length;
  }
}

const MB = 1_000_000;

test.each([
  ['a perfect cable, superframes whole', { keepsSuperframes: true }, 20 * MB],
  ['2 % loss and 50 ms each way', { loss: 0.02, delayMs: 50 }, 100 * MB],
  ['10 % loss', { loss: 0.1, delayMs: 1 }, 2 * MB],
] as const)(
  'over %s, the bytes arrive',
  async (_, quality, bytes) => {
    let digest: Promise<string> | undefined;
    const { simulation, dial } = twoHosts(quality, async (stream) => {
      digest = send(stream, bytes);
      await digest;
      await stream.drained();
    });
    const stream = await simulation.until(dial());
    stream.end();
    const received = await simulation.until(receive(stream));
    expect(received.bytes).toBe(bytes);
    expect(received.digest).toBe(await digest);
  },
  60_000,
);
